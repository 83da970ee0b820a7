import type { Answerer } from '../answer/answerer.ts';
import type { OwnResolution } from '../answer/render.ts';
import type { Asker, NameSource } from '../query/name-source.ts';
import type { Resolution } from '../query/resolution.ts';
import { canonicalQuery } from './canonical-query.ts';
import { hashOf, hashText } from './hash.ts';
import type { Found, Missed } from './hot-loop.ts';
import type { Negatives } from './negatives.ts';
import { createRepeats } from './repeats.ts';
import { EVERYBODY, type Scopes } from './scopes.ts';
import { type StoredReply, storedReplyOf } from './stored-reply.ts';
import { ownerOf, type Table } from './table.ts';
import type { TurnCounters } from './turn-counters.ts';
import { byteAt, bytesOf } from './words.ts';

export interface LoaderParts<A extends Asker> {
  readonly source: NameSource<A>;
  readonly answerer: Pick<Answerer, 'encodeOwn'>;
  readonly table: Table;
  readonly scopes: Pick<Scopes<A>, 'asker'>;
  readonly turns: TurnCounters;
  readonly negatives: Negatives;
  readonly maxNegatives: number;
}

/** The dependency of answers that hold for one revision only. */
const ANY_CHANGE = 'revision';
const ASKER = 'asker';
/** An answer with more of them (one alias of a thousand services) is left to the general path until anything changes. */
const MAX_DEPENDENCIES = 500;
const DOT = 46;
const BACKSLASH = 92;
const CLIENT = { address: '0.0.0.0', transport: 'tcp' } as const;

/** Resolves questions that are not in the table, and adds our own answers to it. */
export function createLoader<A extends Asker>(parts: LoaderParts<A>): (missed: Missed) => Found {
  const { source, answerer, table, scopes, turns, negatives, maxNegatives } = parts;
  const encode = (missed: Missed, resolution: OwnResolution): StoredReply | null => {
    const query = canonicalQuery(bytesOf(missed.name, 0, missed.nameSize), missed.type);
    return query && storedReplyOf(answerer.encodeOwn(query, CLIENT, resolution), query.questionEnd, resolution);
  };
  const isRepeat = createRepeats();
  // Random names never repeat, and encoding a reply takes ten times as long as resolving the name.
  const isKept = ({ mixed, scope, type }: Missed): boolean =>
    isRepeat(hashOf(mixed, ownerOf(scope, type))) && table.negatives < maxNegatives;
  return (missed) => {
    const asker = scopes.asker(missed.scope);
    const name = textOf(missed);
    if (asker === undefined || name === null) return null;
    const trace = createTrace();
    const resolution = source.resolve(asker, { name, type: missed.type }, trace);
    if (isPlainNegative(resolution) && !isKept(missed)) return negatives.of(resolution.zone);
    if (!isOwn(resolution)) return null;
    const dependencies = trace.read();
    // Stored all the same: to find out that there are too many took milliseconds.
    const isTooMany = dependencies.length > MAX_DEPENDENCIES;
    const holdsFor = isTooMany || dependencies.length === 0 ? [ANY_CHANGE, ASKER] : dependencies;
    const { type, mixed, nameSize } = missed;
    const scope = missed.isCommon && !holdsFor.includes(ASKER) ? EVERYBODY : missed.scope;
    const reply = isTooMany ? null : encode(missed, resolution);
    const entry = table.insert({
      key: { name: missed.name, nameSize, mixed, owner: ownerOf(scope, type) },
      reply,
      turn: reply?.turn ? turns.indexOf(`${reply.turn} ${type}`) : 0,
      dependencies: holdsFor.map(hashText),
    });
    return entry || null;
  };
}

function createTrace(): { depends(on: string): void; read(): readonly string[] } {
  const dependencies: string[] = [];
  return {
    // The containers of a service are on few hosts, so the last few keys repeat.
    depends: (on) => void (dependencies.includes(on, -8) || dependencies.push(on)),
    read: () => dependencies,
  };
}

/** Without trailing dot. Null for a name that has other labels as text: dots in labels, bytes that are not printable. */
function textOf({ name, nameSize }: Missed): string | null {
  const dotted = Buffer.allocUnsafe(nameSize);
  let left = 0;
  for (let at = 0; at < nameSize - 1; at += 1) {
    const byte = byteAt(name, 0, at);
    if (left > 0 && (byte <= 32 || byte >= 127 || byte === DOT || byte === BACKSLASH)) return null;
    dotted[at] = left === 0 ? DOT : byte;
    left = left === 0 ? byte : left - 1;
  }
  return dotted.toString('latin1', 1, nameSize - 1);
}

function isPlainNegative(resolution: Resolution): resolution is Resolution & { kind: 'nxdomain' } {
  return resolution.kind === 'nxdomain' && resolution.aliases.length === 0;
}

function isOwn(resolution: Resolution): resolution is OwnResolution {
  return resolution.kind !== 'forward' && resolution.kind !== 'failure' && resolution.kind !== 'upstream-alias';
}
