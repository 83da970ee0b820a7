import { HEADER_SIZE, RCODE, TYPE } from '../../wire/codes.ts';
import { structureOf } from '../../wire/read/structure.ts';
import { lowerAscii, type RecordSpan, recordsOf } from './records.ts';

/** Whether a message answers a query. */
export type Match =
  | 'exact'
  /** The same question in another letter case: a forgery, or a quirk of the upstream. */
  | 'other-case'
  | 'none';

/** A match has the same id, is a well-formed reply, and repeats the question [RFC 5452 §9.1]. */
export function matchOf(reply: Buffer, query: Buffer, questionEnd: number): Match {
  if (reply.length < HEADER_SIZE || reply.readUInt16BE(0) !== query.readUInt16BE(0)) return 'none';
  if ((reply.readUInt8(2) & 0xf8) !== 0x80) return 'none';
  // A server that cannot read a query may omit the question [RFC 1035 §4.1.1].
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

/** How useful a reply is. */
export type Verdict =
  /** It has records of the requested type. */
  | 'positive'
  /** NXDOMAIN or NODATA. */
  | 'negative'
  /** SERVFAIL, REFUSED or a referral: another server may have an answer. */
  | 'bad';

/** The verdict on a well-formed reply to a question of the type. */
export function verdictOf(reply: Buffer, type: number, records: readonly RecordSpan[] = recordsOf(reply)): Verdict {
  const extended = records.find((record) => record.type === TYPE.OPT);
  if (extended && reply.readUInt8(extended.fields + 4) !== 0) return 'bad';
  const rcode = rcodeOf(reply);
  if (rcode === RCODE.NXDOMAIN) return 'negative';
  if (rcode !== RCODE.NOERROR) return 'bad';
  const answers = records.filter(({ section }) => section === 'answer');
  if (answers.some((record) => record.type === type || type === TYPE.ANY)) return 'positive';
  return answers.length === 0 && isReferral(reply, records) ? 'bad' : 'negative';
}

/** A referral to other name servers, from a server that does not resolve for others [RFC 2308 §2.1]. */
function isReferral(reply: Buffer, records: readonly RecordSpan[]): boolean {
  const isAuthoritative = (reply.readUInt8(2) & 0x04) !== 0;
  const authority = records.filter(({ section }) => section === 'authority');
  const has = (type: number) => authority.some((record) => record.type === type);
  return !isAuthoritative && has(TYPE.NS) && !has(TYPE.SOA);
}
