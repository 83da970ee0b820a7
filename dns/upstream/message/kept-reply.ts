import { HEADER_SIZE, RCODE, TYPE } from '../../wire/codes.ts';
import { skipName } from '../../wire/read/question.ts';
import { aliasEndOf, type IsOurs } from './alias-end.ts';
import type { Question } from './question.ts';
import { lowerAscii, type RecordSpan, recordsOf, wireNameAt } from './records.ts';
import { rcodeOf, type Verdict, verdictOf } from './reply.ts';

export interface KeepLimits {
  /** Longer TTLs are reduced to this [RFC 8767 §4]. */
  readonly maxTtlSeconds: number;
  /** Default: no name. An alias of ours is kept as long as the alias, whatever the upstream thinks of our name. */
  readonly isOurs?: IsOurs;
}

/** A reply in a form that is valid for every asker: without id, OPT record and anything specific to the first asker. */
export interface KeptReply {
  readonly message: Buffer;
  readonly verdict: Verdict;
  /** How long the reply may be reused; 0: not at all. */
  readonly lifetimeSeconds: number;
}

const MAX_NEGATIVE_SECONDS = 3 * 3_600;
const FLAG = { reply: 0x8000, truncated: 0x0200, recursionAvailable: 0x0080, authentic: 0x0020 };

/** Converts a well-formed reply to the question. The TTLs in the result are already limited. */
export function keepReply(received: Buffer, question: Question, { maxTtlSeconds, isOurs }: KeepLimits): KeptReply {
  const message = withoutOpt(received, question);
  const records = recordsOf(message);
  const end = isOurs ? aliasEndOf(message, question.type, isOurs, records) : null;
  const verdict = end ? 'positive' : verdictOf(received, question.type);
  const negativeSeconds = verdict === 'negative' ? negativeLifetime(message, records) : Number.POSITIVE_INFINITY;
  let lifetimeSeconds = Math.min(maxTtlSeconds, negativeSeconds);
  levelTtls(message, records);
  for (const record of records) {
    const limit = record.type === TYPE.SOA ? Math.min(maxTtlSeconds, negativeSeconds) : maxTtlSeconds;
    const ttl = Math.min(ttlOf(message, record), limit);
    message.writeUInt32BE(ttl, record.fields + 4);
    if (end === null || end.chain.includes(record)) lifetimeSeconds = Math.min(lifetimeSeconds, ttl);
  }
  const kept = verdict !== 'bad' && (message.readUInt16BE(2) & FLAG.truncated) === 0;
  return { message, verdict, lifetimeSeconds: kept ? lifetimeSeconds : 0 };
}

/** Gives all records of an RRset the lowest TTL among them [RFC 2181 §5.2]. Signatures keep theirs. */
function levelTtls(message: Buffer, records: readonly RecordSpan[]): void {
  const least = new Map<string, number>();
  const sets = records.map((record) =>
    record.type === TYPE.RRSIG ? '' : `${record.section} ${record.type} ${wireNameAt(message, record.owner)}`,
  );
  for (const [at, record] of records.entries()) {
    const set = sets[at] ?? '';
    least.set(set, Math.min(least.get(set) ?? Number.POSITIVE_INFINITY, ttlOf(message, record)));
  }
  for (const [at, record] of records.entries()) {
    const set = sets[at] ?? '';
    if (set !== '') message.writeUInt32BE(least.get(set) ?? 0, record.fields + 4);
  }
}

/** The lower of the SOA's minimum and TTL, at most three hours. Negative answers without SOA are not kept [RFC 2308 §5]. */
function negativeLifetime(message: Buffer, records: readonly RecordSpan[]): number {
  const soa = records.find(({ section, type }) => section === 'authority' && type === TYPE.SOA);
  if (!soa) return 0;
  const numbers = skipName(message, skipName(message, soa.data));
  const minimum = numbers + 20 <= soa.end ? message.readUInt32BE(numbers + 16) : 0;
  return Math.min(minimum, ttlOf(message, soa), MAX_NEGATIVE_SECONDS);
}

/** A TTL with the highest bit set counts as 0 [RFC 2181 §8]. */
function ttlOf(message: Buffer, record: RecordSpan): number {
  const ttl = message.readUInt32BE(record.fields + 4);
  return ttl > 0x7fffffff ? 0 : ttl;
}

/** Removes the OPT record and everything after it: those records may contain pointers that would shift, and are optional. */
function withoutOpt(received: Buffer, question: Question): Buffer {
  const records = recordsOf(received);
  const opt = records.findIndex(({ type }) => type === TYPE.OPT);
  const kept = opt < 0 ? records : records.slice(0, opt);
  const end = kept.at(-1)?.end ?? HEADER_SIZE + question.section.length;
  const message = Buffer.alloc(Math.max(end, HEADER_SIZE + question.section.length));
  received.copy(message, 0, 0, end);
  const flags = received.readUInt16BE(2) & (FLAG.truncated | FLAG.authentic);
  const extended = opt < 0 ? 0 : received.readUInt8((records[opt]?.fields ?? 0) + 4);
  const rcode = extended === 0 ? rcodeOf(received) : RCODE.SERVFAIL;
  message.writeUInt16BE(0, 0);
  message.writeUInt16BE(FLAG.reply | FLAG.recursionAvailable | flags | rcode, 2);
  message.writeUInt16BE(1, 4);
  const count = (section: RecordSpan['section']) => kept.filter((record) => record.section === section).length;
  message.writeUInt16BE(count('answer'), 6);
  message.writeUInt16BE(count('authority'), 8);
  message.writeUInt16BE(count('additional'), 10);
  message.write(question.name, HEADER_SIZE, 'latin1');
  question.section.copy(message, HEADER_SIZE + question.section.length - 4, question.section.length - 4);
  for (const { owner } of kept) restoreCase(message, owner, question.name);
  return message;
}

/** Restores the lower case of an owner that repeats the mixed case of our query. */
function restoreCase(message: Buffer, owner: number, name: string): void {
  if (message.readUInt8(owner) >= 0xc0 || owner + name.length > message.length) return;
  if (lowerAscii(message.toString('latin1', owner, owner + name.length)) === name) message.write(name, owner, 'latin1');
}

export interface Replay {
  /** Id of the query. */
  readonly id: number;
  readonly question: Question;
  /** Age of the reply. */
  readonly ageSeconds: number;
  /** The TTL of all records of an expired reply [RFC 8767 §4]; null: their own TTLs. */
  readonly staleTtlSeconds: number | null;
  /** By how many positions the addresses of an RRset are rotated. */
  readonly turn: number;
}

/** The reply for one asker: with its id, question, RD and CD, and TTLs reduced by the age. */
export function replayReply(
  kept: string | Buffer,
  { id, question, ageSeconds, staleTtlSeconds, turn }: Replay,
): Buffer {
  const message = typeof kept === 'string' ? Buffer.from(kept, 'latin1') : Buffer.from(kept);
  const asked = (question.recursion ? 0x0100 : 0) | (question.checkingDisabled ? 0x0010 : 0);
  const flags = message.readUInt16BE(2) & (question.authentic || question.dnssecOk ? 0xffff : ~FLAG.authentic);
  message.writeUInt16BE(id, 0);
  message.writeUInt16BE(flags | asked, 2);
  question.section.copy(message, HEADER_SIZE);
  const records = recordsOf(message);
  for (const { fields } of records) {
    const ttl = staleTtlSeconds ?? Math.max(0, message.readUInt32BE(fields + 4) - ageSeconds);
    message.writeUInt32BE(ttl, fields + 4);
  }
  if (turn > 0) rotateAddresses(message, records, turn);
  return message;
}

/** Rotates the data of each run of addresses with one owner. Owners stay: they may be encoded in different ways. */
function rotateAddresses(message: Buffer, records: readonly RecordSpan[], turn: number): void {
  const isAddress = ({ type, section }: RecordSpan) => section === 'answer' && (type === TYPE.A || type === TYPE.AAAA);
  for (let from = 0; from < records.length; ) {
    const first = records[from];
    let to = from + 1;
    if (first && isAddress(first)) {
      while (records[to] && sameSet(message, first, records[to] as RecordSpan)) to += 1;
      if (to - from > 1) rotateData(message, records.slice(from, to), turn);
    }
    from = to;
  }
}

function sameSet(message: Buffer, one: RecordSpan, other: RecordSpan): boolean {
  if (one.type !== other.type || one.end - one.data !== other.end - other.data) return false;
  if (one.section !== other.section) return false;
  const pointer = message.readUInt16BE(one.owner);
  // The usual case. Reading the names of thousands of records takes milliseconds.
  if (pointer >= 0xc000 && pointer === message.readUInt16BE(other.owner)) return true;
  return wireNameAt(message, one.owner) === wireNameAt(message, other.owner);
}

function rotateData(message: Buffer, set: readonly RecordSpan[], turn: number): void {
  const data = set.map((record) => Buffer.from(message.subarray(record.data, record.end)));
  for (const [at, record] of set.entries()) data[(at + turn) % data.length]?.copy(message, record.data);
}
