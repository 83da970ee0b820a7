import { HEADER_SIZE, RCODE, TYPE } from '../../wire/codes.ts';
import { type RecordSpan, recordsOf, suffixesOf, wireNameAt } from './records.ts';
import { rcodeOf } from './reply.ts';

/** Whether a name (lower case, no trailing dot) is in a zone of ours. */
export type IsOurs = (name: string) => boolean;

/** An alias chain of an upstream that comes into our zone. */
export interface AliasEnd {
  /** The first name of ours, lower case, no trailing dot. */
  readonly target: string;
  /** The records up to there: CNAME, DNAME and their signatures. The upstream's records for our names are not among them. */
  readonly chain: readonly RecordSpan[];
}

/** Null: the reply to a question of this type does not lead into our zone. Only for messages that `structureOf` accepted. */
export function aliasEndOf(
  message: Buffer,
  type: number,
  isOurs: IsOurs,
  records: readonly RecordSpan[] = recordsOf(message),
): AliasEnd | null {
  // These questions are answered with the alias itself [RFC 1034 §3.6.2].
  if (type === TYPE.CNAME || type === TYPE.ANY) return null;
  const answers = records.filter(({ section }) => section === 'answer');
  if (!answers.some((record) => record.type === TYPE.CNAME)) return null;
  const rcode = rcodeOf(message);
  if (rcode !== RCODE.NOERROR && rcode !== RCODE.NXDOMAIN) return null;
  const owners = new Set<string>();
  const target = followAliases(message, answers, isOurs, owners);
  return target === null ? null : { target, chain: answers.filter((record) => isOfChain(message, record, owners)) };
}

/** The first name of ours in the chain; null: there is none. Adds the names before it to `owners`, in wire form. */
function followAliases(
  message: Buffer,
  answers: readonly RecordSpan[],
  isOurs: IsOurs,
  owners: Set<string>,
): string | null {
  const aliases = answers.filter((record) => record.type === TYPE.CNAME);
  const targets = new Map(aliases.map(({ owner, data }) => [wireNameAt(message, owner), wireNameAt(message, data)]));
  let name = wireNameAt(message, HEADER_SIZE);
  for (let next = targets.get(name); next !== undefined && !owners.has(name); next = targets.get(name)) {
    owners.add(name);
    const text = textOf(next);
    if (text !== null && isOurs(text)) return text;
    name = next;
  }
  return null;
}

function isOfChain(message: Buffer, { type, owner }: RecordSpan, owners: ReadonlySet<string>): boolean {
  const name = wireNameAt(message, owner);
  if (type === TYPE.CNAME) return owners.has(name);
  if (type !== TYPE.DNAME && type !== TYPE.RRSIG) return false;
  for (const one of owners) for (const suffix of suffixesOf(one)) if (suffix === name) return true;
  return false;
}

/** Null: a label has a dot in it, which names of ours never have. */
function textOf(wire: string): string | null {
  const labels: string[] = [];
  for (let at = 0; wire.charCodeAt(at) > 0; at += wire.charCodeAt(at) + 1) {
    labels.push(wire.slice(at + 1, at + 1 + wire.charCodeAt(at)));
  }
  return labels.some((label) => label.includes('.')) ? null : labels.join('.');
}
