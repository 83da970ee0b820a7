import { RCODE } from '../wire/codes.ts';
import { HEADER_SIZE } from '../wire/structure.ts';
import type { Question } from './question.ts';
import { lowerAscii, RECORD_TYPE, type RecordSpan, recordsOf, skipName, wireNameAt } from './records.ts';
import { rcodeOf, type Verdict, verdictOf } from './reply.ts';

export interface KeepLimits {
  /** TTLs above are cut to it [RFC 8767 §4]. */
  readonly maxTtlSeconds: number;
}

/** A reply as everybody gets it who asks the same: no id, no OPT, nothing of the one who asked first. */
export interface KeptReply {
  readonly message: Buffer;
  readonly verdict: Verdict;
  /** How long it may be given again; 0: not at all. */
  readonly lifetimeSeconds: number;
}

const MAX_NEGATIVE_SECONDS = 3 * 3_600;
const FLAG = { reply: 0x8000, truncated: 0x0200, recursionAvailable: 0x0080, authentic: 0x0020 };

/** Takes a sound reply to the question and makes it ours to keep. TTLs in it are from then on what they really last. */
export function keepReply(received: Buffer, question: Question, { maxTtlSeconds }: KeepLimits): KeptReply {
  const verdict = verdictOf(received, question.type);
  const message = withoutOpt(received, question);
  const records = recordsOf(message);
  const negativeSeconds = verdict === 'negative' ? negativeLifetime(message, records) : Number.POSITIVE_INFINITY;
  let lifetimeSeconds = Math.min(maxTtlSeconds, negativeSeconds);
  levelTtls(message, records);
  for (const record of records) {
    const limit = record.type === RECORD_TYPE.SOA ? Math.min(maxTtlSeconds, negativeSeconds) : maxTtlSeconds;
    const ttl = Math.min(ttlOf(message, record), limit);
    message.writeUInt32BE(ttl, record.fields + 4);
    lifetimeSeconds = Math.min(lifetimeSeconds, ttl);
  }
  const kept = verdict !== 'bad' && (message.readUInt16BE(2) & FLAG.truncated) === 0;
  return { message, verdict, lifetimeSeconds: kept ? lifetimeSeconds : 0 };
}

/** The records of a set have one TTL: the least of those that came [RFC 2181 §5.2]. Signatures go with what they sign. */
function levelTtls(message: Buffer, records: readonly RecordSpan[]): void {
  const least = new Map<string, number>();
  const sets = records.map((record) =>
    record.type === RECORD_TYPE.RRSIG ? '' : `${record.section} ${record.type} ${wireNameAt(message, record.owner)}`,
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

/** The minimum of the SOA and its TTL, at most three hours; without SOA a "no" is not kept [RFC 2308 §5]. */
function negativeLifetime(message: Buffer, records: readonly RecordSpan[]): number {
  const soa = records.find(({ section, type }) => section === 'authority' && type === RECORD_TYPE.SOA);
  if (!soa) return 0;
  const numbers = skipName(message, skipName(message, soa.data));
  const minimum = numbers + 20 <= soa.end ? message.readUInt32BE(numbers + 16) : 0;
  return Math.min(minimum, ttlOf(message, soa), MAX_NEGATIVE_SECONDS);
}

/** With the first bit set it is none [RFC 2181 §8]. */
function ttlOf(message: Buffer, record: RecordSpan): number {
  const ttl = message.readUInt32BE(record.fields + 4);
  return ttl > 0x7fffffff ? 0 : ttl;
}

/** Without the OPT record and whatever stands behind it: that could point at names before it, and is an extra anyway. */
function withoutOpt(received: Buffer, question: Question): Buffer {
  const records = recordsOf(received);
  const opt = records.findIndex(({ type }) => type === RECORD_TYPE.OPT);
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

/** An owner written out again in the mixed case of our query: that stays between us and the upstream. */
function restoreCase(message: Buffer, owner: number, name: string): void {
  if (message.readUInt8(owner) >= 0xc0 || owner + name.length > message.length) return;
  if (lowerAscii(message.toString('latin1', owner, owner + name.length)) === name) message.write(name, owner, 'latin1');
}

export interface Replay {
  /** Id of the query to answer. */
  readonly id: number;
  readonly question: Question;
  /** How long ago the reply came. */
  readonly ageSeconds: number;
  /** All TTLs, where the reply is too old to have any of its own [RFC 8767 §4]. */
  readonly staleTtlSeconds: number | null;
  /** How far addresses are turned: several in one RRset take turns at being first. */
  readonly turn: number;
}

/** The reply to one asker: its id, its question in its case, RD and CD as it set them, TTLs as they are now. */
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
  if (turn > 0) turnAddresses(message, records, turn);
  return message;
}

/** Turns the data of each run of addresses with one owner; owners may be written in different ways, so they stay. */
function turnAddresses(message: Buffer, records: readonly RecordSpan[], turn: number): void {
  const isAddress = ({ type, section }: RecordSpan) =>
    section === 'answer' && (type === RECORD_TYPE.A || type === RECORD_TYPE.AAAA);
  for (let from = 0; from < records.length; ) {
    const first = records[from];
    let to = from + 1;
    if (first && isAddress(first)) {
      while (records[to] && sameSet(message, first, records[to] as RecordSpan)) to += 1;
      if (to - from > 1) turnData(message, records.slice(from, to), turn);
    }
    from = to;
  }
}

function sameSet(message: Buffer, one: RecordSpan, other: RecordSpan): boolean {
  if (one.type !== other.type || one.end - one.data !== other.end - other.data) return false;
  if (one.section !== other.section) return false;
  const pointer = message.readUInt16BE(one.owner);
  // Nearly always; to read the names of thousands takes milliseconds.
  if (pointer >= 0xc000 && pointer === message.readUInt16BE(other.owner)) return true;
  return wireNameAt(message, one.owner) === wireNameAt(message, other.owner);
}

function turnData(message: Buffer, set: readonly RecordSpan[], turn: number): void {
  const data = set.map((record) => Buffer.from(message.subarray(record.data, record.end)));
  for (const [at, record] of set.entries()) data[(at + turn) % data.length]?.copy(message, record.data);
}
