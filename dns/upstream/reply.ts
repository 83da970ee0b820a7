import { RCODE } from '../wire/codes.ts';
import { HEADER_SIZE, structureOf } from '../wire/structure.ts';
import { lowerAscii, RECORD_TYPE, type RecordSpan, recordsOf } from './records.ts';

/** How a message relates to the query it came for. */
export type Match =
  | 'exact'
  /** The same question in other letters: a forgery, or an upstream that writes them its own way. */
  | 'other-case'
  | 'none';

/** Same id, a reply, sound, and to the same question [RFC 5452 §9.1]. */
export function matchOf(reply: Buffer, query: Buffer, questionEnd: number): Match {
  if (reply.length < HEADER_SIZE || reply.readUInt16BE(0) !== query.readUInt16BE(0)) return 'none';
  if ((reply.readUInt8(2) & 0xf8) !== 0x80) return 'none';
  // A server that cannot read a query may leave its question out [RFC 1035 §4.1.1].
  if (reply.length === HEADER_SIZE) return isBareRefusal(reply) ? 'exact' : 'none';
  if (reply.length < questionEnd || reply.readUInt16BE(4) !== 1 || structureOf(reply) === null) return 'none';
  const question = (bytes: Buffer) => bytes.toString('latin1', HEADER_SIZE, questionEnd);
  if (question(reply) === question(query)) return 'exact';
  const sameType = reply.readUInt32BE(questionEnd - 4) === query.readUInt32BE(questionEnd - 4);
  const name = (bytes: Buffer) => lowerAscii(bytes.toString('latin1', HEADER_SIZE, questionEnd - 4));
  return sameType && name(reply) === name(query) ? 'other-case' : 'none';
}

function isBareRefusal(reply: Buffer): boolean {
  const rcode = rcodeOf(reply);
  return structureOf(reply) !== null && rcode !== RCODE.NOERROR && rcode !== RCODE.NXDOMAIN;
}

export function isTruncated(reply: Buffer): boolean {
  return (reply.readUInt8(2) & 0x02) !== 0;
}

/** The rcode of the header; with EDNS there may be more of it in the OPT record. */
export function rcodeOf(reply: Buffer): number {
  return reply.readUInt8(3) & 0xf;
}

/** What a reply is worth. */
export type Verdict =
  /** It has what was asked for. */
  | 'positive'
  /** NXDOMAIN or NODATA. */
  | 'negative'
  /** SERVFAIL, REFUSED and the like are about the server, and so is a referral: another one may know better. */
  | 'bad';

/** Judges a sound reply to a question of the type. */
export function verdictOf(reply: Buffer, type: number, records: readonly RecordSpan[] = recordsOf(reply)): Verdict {
  const extended = records.find((record) => record.type === RECORD_TYPE.OPT);
  if (extended && reply.readUInt8(extended.fields + 4) !== 0) return 'bad';
  const rcode = rcodeOf(reply);
  if (rcode === RCODE.NXDOMAIN) return 'negative';
  if (rcode !== RCODE.NOERROR) return 'bad';
  const answers = records.filter(({ section }) => section === 'answer');
  if (answers.some((record) => record.type === type || type === ANY)) return 'positive';
  return answers.length === 0 && isReferral(reply, records) ? 'bad' : 'negative';
}

const ANY = 255;

/** "Ask those over there": what a server says that does not look names up for others [RFC 2308 §2.1]. */
function isReferral(reply: Buffer, records: readonly RecordSpan[]): boolean {
  const isAuthoritative = (reply.readUInt8(2) & 0x04) !== 0;
  const authority = records.filter(({ section }) => section === 'authority');
  const has = (type: number) => authority.some((record) => record.type === type);
  return !isAuthoritative && has(RECORD_TYPE.NS) && !has(RECORD_TYPE.SOA);
}
