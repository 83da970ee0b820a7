import { CLASS_IN, RCODE, TYPE } from './codes.ts';
import { HEADER_SIZE, structureOf } from './structure.ts';

/** A question we can answer, with what the reply must repeat. */
export interface Query {
  /** The message as sent. */
  readonly bytes: Buffer;
  /** Offset behind the question section. */
  readonly questionEnd: number;
  /** Case as sent, no trailing dot. */
  readonly name: string;
  readonly type: number;
  /** The UDP payload size the client takes; null without EDNS [RFC 6891 §6.2.3]. */
  readonly payloadSize: number | null;
}

export type ReadResult =
  | { readonly kind: 'query'; readonly query: Query }
  /** To be refused with this code; `questionEnd` says how much of it can be repeated, `edns` whether it spoke EDNS. */
  | { readonly kind: 'refuse'; readonly rcode: number; readonly questionEnd: number; readonly edns: boolean }
  /** Not answered at all: no header, or itself a reply (answering those makes loops). */
  | { readonly kind: 'drop' };

const MAX_QUERY = 4096;

/** Judges any bytes at all. */
export function readQuery(bytes: Buffer): ReadResult {
  if (bytes.length < HEADER_SIZE || (bytes.readUInt8(2) & 0x80) !== 0) return { kind: 'drop' };
  const structure = bytes.length > MAX_QUERY ? null : structureOf(bytes);
  const question = structure?.question ?? null;
  const edns = structure?.opt != null;
  const refuse = (rcode: number): ReadResult => ({
    kind: 'refuse',
    rcode,
    questionEnd: question?.end ?? HEADER_SIZE,
    edns,
  });
  if (((bytes.readUInt8(2) >> 3) & 0xf) !== 0) return refuse(RCODE.NOTIMP);
  if (!structure || !question || structure.opts > 1) return refuse(RCODE.FORMERR);
  if (structure.opt && structure.opt.version !== 0) return refuse(RCODE.BADVERS);
  if (question.class !== CLASS_IN || isMeta(question.type)) return refuse(RCODE.NOTIMP);
  const payloadSize = structure.opt?.payloadSize ?? null;
  return {
    kind: 'query',
    query: { bytes, questionEnd: question.end, name: question.name, type: question.type, payloadSize },
  };
}

/** Transfers, ANY, and types that are no questions (OPT, TSIG and the like) [RFC 6895 §3.1]. */
function isMeta(type: number): boolean {
  return type === 0 || type === TYPE.EDNS || (type >= 128 && type <= TYPE.ANY);
}
