import type { Answerer } from '../answer/answerer.ts';
import type { OwnResolution } from '../answer/render.ts';
import type { Asker, NameSource } from '../query/name-source.ts';
import type { Resolution } from '../query/resolution.ts';
import { canonicalQuery } from './canonical-query.ts';
import { type Entry, entryOf } from './entry.ts';
import type { Generations } from './generations.ts';
import { hashOf, hashText } from './hash.ts';
import type { Found, Missed } from './hot-loop.ts';
import type { Negatives } from './negatives.ts';
import { type PackedAnswer, packEntry, packGeneral } from './pack.ts';
import { EVERYBODY, type Scopes } from './scopes.ts';
import type { TurnNumbers } from './turn-numbers.ts';

export interface LoaderParts<A extends Asker> {
  readonly source: NameSource<A>;
  readonly answerer: Pick<Answerer, 'encodeOwn'>;
  readonly generations: Generations;
  readonly scopes: Pick<Scopes<A>, 'asker'>;
  readonly turns: TurnNumbers;
  readonly negatives: Negatives;
  /** Told of what was put into the table. */
  readonly onPut: (missed: Missed, entry: Entry) => void;
}

/** What holds for one revision only. */
const ANY_CHANGE = hashText('revision');
const ASKER = hashText('asker');
/** What depends on more is left to the general path until anything changes: one alias of a thousand services. */
const MAX_DEPENDENCIES = 500;
const DOT = 46;
const BACKSLASH = 92;
const CLIENT = { address: '0.0.0.0', transport: 'tcp' } as const;

/** Finds the answers that are not in the table yet, and puts them there where they are our own. */
export function createLoader<A extends Asker>(parts: LoaderParts<A>): (missed: Missed) => Found {
  const { source, answerer, generations, scopes, turns, negatives, onPut } = parts;
  const dependencies: number[] = [];
  const dotted = Buffer.alloc(256);
  const trace = {
    depends: (on: string): void => {
      const hash = hashText(on);
      // The containers of a service lie on few hosts: the last ones are told again and again.
      if (!dependencies.includes(hash, -8)) dependencies.push(hash);
    },
  };

  const encode = ({ type }: Missed, name: Buffer, resolution: OwnResolution): Entry | null => {
    const query = canonicalQuery(name, type);
    return query && entryOf(answerer.encodeOwn(query, CLIENT, resolution), query.questionEnd, resolution);
  };
  const pack = ({ key, nameSize, type }: Missed, entry: Entry): PackedAnswer | null =>
    packEntry(entry, key, nameSize, entry.turn ? turns.numberOf(`${entry.turn} ${type}`) : 0);

  /** Without trailing dot. Null for names that have their own ways as text: dots in labels, bytes that are no letters. */
  const textOf = (key: Int32Array, size: number): string | null => {
    let left = 0;
    for (let at = 0; at < size - 1; at += 1) {
      const byte = ((key[at >> 2] as number) >>> ((at & 3) * 8)) & 0xff;
      if (left === 0) {
        left = byte;
        dotted[at] = DOT;
        continue;
      }
      if (byte <= 32 || byte >= 127 || byte === DOT || byte === BACKSLASH) return null;
      left -= 1;
      dotted[at] = byte;
    }
    return dotted.toString('latin1', 1, size - 1);
  };

  return (missed) => {
    const asker = scopes.asker(missed.scope);
    const text = textOf(missed.key, missed.nameSize);
    if (asker === undefined || text === null) return null;
    dependencies.length = 0;
    const resolution = source.resolve(asker, { name: text, type: missed.type }, trace);
    if (isPlainNo(resolution)) return negatives.of(resolution.zone);
    if (!isOwn(resolution)) return null;
    const tooMany = dependencies.length > MAX_DEPENDENCIES;
    // Remembered all the same: to find out that there are too many took milliseconds.
    if (tooMany) dependencies.length = 0;
    if (dependencies.length === 0) dependencies.push(ANY_CHANGE, ASKER);
    const { key, nameSize, type, mixed } = missed;
    const scope = missed.isCommon && !dependencies.includes(ASKER) ? EVERYBODY : missed.scope;
    const owner = (scope << 7) | type;
    const encoded = tooMany ? null : encode(missed, bytesOf(key, nameSize), resolution);
    const packed = encoded && pack(missed, encoded);
    const answer = packed ?? packGeneral(key, nameSize);
    const put = generations.insert({ ...answer, hash: hashOf(mixed, owner), owner, dependencies });
    if (encoded && packed && put !== 0) onPut({ ...missed, scope }, encoded);
    return put || null;
  };
}

/** Names that do not exist are without number: nothing is kept of them. */
function isPlainNo(resolution: Resolution): resolution is Resolution & { kind: 'nxdomain' } {
  return resolution.kind === 'nxdomain' && resolution.aliases.length === 0;
}

function isOwn(resolution: Resolution): resolution is OwnResolution {
  return resolution.kind !== 'forward' && resolution.kind !== 'failure' && resolution.kind !== 'upstream-alias';
}

function bytesOf(key: Int32Array, size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  for (let n = 0; n < size; n += 1) bytes[n] = ((key[n >> 2] as number) >>> ((n & 3) * 8)) & 0xff;
  return bytes;
}
