import { CLASS_IN, HEADER_SIZE, RCODE, TYPE } from '../codes.ts';
import { type ClientEdns, type EdnsRead, readEdns } from './client-edns.ts';
import { type QuestionShape, questionAt, skipName } from './question.ts';

/** A valid query, with the parts that the reply must repeat. */
export interface Query {
  /** The message as sent. */
  readonly bytes: Buffer;
  /** Offset after the question section. */
  readonly questionEnd: number;
  /** Case as sent, no trailing dot. */
  readonly name: string;
  readonly type: number;
  /** Null: the client did not use EDNS, so the reply does not either [RFC 6891 §6.1.1]. */
  readonly edns: ClientEdns | null;
}

export type ReadResult =
  | { readonly kind: 'query'; readonly query: Query }
  /** No question, only a cookie: the client asks for a server cookie or whether its own is valid [RFC 7873 §5.4]. */
  | { readonly kind: 'cookie'; readonly edns: ClientEdns; readonly cookie: Buffer }
  /** Must be refused with this code; the message up to `questionEnd` can be repeated. */
  | { readonly kind: 'refuse'; readonly rcode: number; readonly questionEnd: number; readonly edns: ClientEdns | null }
  /** Must not be answered: no header, or itself a reply (answering replies causes loops). */
  | { readonly kind: 'drop' };

/** Far above any normal query: a name, an OPT record, padding to a multiple of 128 or 468 [RFC 8467 §4.1]. */
export const MAX_QUERY = 4096;

/** Reads any bytes, in linear time up to `MAX_QUERY`. */
export function readQuery(bytes: Buffer): ReadResult {
  if (bytes.length < HEADER_SIZE || (bytes.readUInt8(2) & 0x80) !== 0) return { kind: 'drop' };
  const shape = bytes.length > MAX_QUERY ? null : shapeOf(bytes);
  const question = shape?.question ?? null;
  const edns = shape?.opt?.edns ?? null;
  const refuse = (code: number): ReadResult => {
    return { kind: 'refuse', rcode: code, questionEnd: question?.end ?? HEADER_SIZE, edns };
  };
  if ((bytes.readUInt8(2) & 0x78) !== 0) return refuse(RCODE.NOTIMP);
  if (!shape) return refuse(RCODE.FORMERR);
  if (shape.opt && shape.opt.rcode !== RCODE.NOERROR) return refuse(shape.opt.rcode);
  if (!question) {
    const isEmpty = bytes.readUInt16BE(4) === 0;
    return isEmpty && edns?.cookie ? { kind: 'cookie', edns, cookie: edns.cookie } : refuse(RCODE.FORMERR);
  }
  if (question.class !== CLASS_IN) return refuse(RCODE.NOTIMP);
  const verdict = verdictOnType(question.type);
  if (verdict !== RCODE.NOERROR) return refuse(verdict);
  const { name, type, end } = question;
  return { kind: 'query', query: { bytes, questionEnd: end, name, type, edns } };
}

interface QueryShape {
  /** Null unless there is exactly one [RFC 9619]. */
  readonly question: QuestionShape | null;
  readonly opt: EdnsRead | null;
}

/** Null unless the counts match the bytes exactly, with at most one OPT record, in the additional section. */
function shapeOf(bytes: Buffer): QueryShape | null {
  const questions = bytes.readUInt16BE(4);
  const elsewhere = bytes.readUInt16BE(6) + bytes.readUInt16BE(8);
  const records = elsewhere + bytes.readUInt16BE(10);
  const question = questions === 0 ? null : questionAt(bytes, HEADER_SIZE);
  if (questions > 0 && !question) return null;
  let at = question?.end ?? HEADER_SIZE;
  for (let n = 1; n < questions; n += 1) {
    at = skipName(bytes, at) + 4;
    if (at < HEADER_SIZE || at > bytes.length) return null;
  }
  let opt: EdnsRead | null = null;
  for (let n = 0; n < records; n += 1) {
    const start = at;
    const fixed = skipName(bytes, start);
    if (fixed < 0 || fixed + 10 > bytes.length) return null;
    at = fixed + 10 + bytes.readUInt16BE(fixed + 8);
    if (at > bytes.length) return null;
    if (bytes.readUInt16BE(fixed) !== TYPE.OPT) continue;
    const isRoot = fixed === start + 1;
    if (opt || n < elsewhere || !isRoot) return null;
    opt = readEdns(bytes, fixed, at);
  }
  return at === bytes.length ? { question: questions === 1 ? question : null, opt } : null;
}

/** Types that may not be queried: they belong in other sections [RFC 8945 §4.2, RFC 9824 §3.4]. */
const NO_QUESTIONS = { reserved: 0, NXNAME: 128, TSIG: 250 };

/** Whether a type may be queried. Types 128 to 254 are not data types [RFC 6895 §3.1]. */
function verdictOnType(type: number): number {
  const { reserved, NXNAME, TSIG } = NO_QUESTIONS;
  if (type === reserved || type === TYPE.OPT || type === NXNAME || type === TSIG) return RCODE.FORMERR;
  if (type < NXNAME || type >= TYPE.ANY) return RCODE.NOERROR;
  return type === TYPE.AXFR || type === TYPE.IXFR ? RCODE.REFUSED : RCODE.NOTIMP;
}
