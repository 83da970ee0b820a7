/** The largest name and label [RFC 1035 §2.3.4]. */
const MAX_NAME = 255;
const MAX_LABEL = 63;
export const HEADER_SIZE = 12;
export const OPT_SIZE = 11;
/** Higher types are transfers, ANY and the like, or unassigned. */
export const MAX_TYPE = 127;
/** Not a type of question [RFC 6895 §3.1]. */
const TYPE_OPT = 41;
/** What UDP carries without EDNS [RFC 1035 §4.2.1], and the room for a reply. */
export const MIN_PAYLOAD = 512;
export const MAX_PAYLOAD = 1_232;

/** The place of an OPT record in `HotLoop.opts`. */
export const OPT = { none: -1, plain: 0, dnssecOk: 3 } as const;

export interface QuestionOptions {
  /** By type up to 127: 1 if the general path answers questions of this type. */
  readonly types: Uint8Array;
  /** The largest reply. */
  readonly maxPayload: number;
}

/**
 * The newest query, read where it lies. One object for all queries, so that no query allocates memory. Only plain queries
 * are read: one question of class IN, no flags but RD, AD and CD, and at most an OPT record without options.
 */
export class Question {
  type = 0;
  nameSize = 0;
  /** The largest reply that the client takes. */
  limit = 0;
  /** A value of `OPT`. */
  opt: number = OPT.none;
  readonly #types: Uint8Array;
  readonly #maxPayload: number;

  constructor({ types, maxPayload }: QuestionOptions) {
    this.#types = types;
    this.#maxPayload = maxPayload;
  }

  /** False: not a plain query; the fields are undefined then. */
  read(rx: Uint8Array, at: number, length: number): boolean {
    if (length < HEADER_SIZE + 7 || !isPlainHeader(rx, at)) return false;
    const end = at + length;
    const name = at + HEADER_SIZE;
    let q = name;
    for (let label = rx[q] as number; label !== 0; label = rx[q] as number) {
      q += label + 1;
      if (label > MAX_LABEL || q >= end) return false;
    }
    q += 1;
    this.nameSize = q - name;
    if (this.nameSize > MAX_NAME || q + 4 > end) return false;
    const type = rx[q + 1] as number;
    if (rx[q] !== 0 || rx[q + 2] !== 0 || rx[q + 3] !== 1) return false;
    if (type === 0 || type === TYPE_OPT || this.#types[type] !== 1) return false;
    this.type = type;
    return this.#readEdns(rx, q + 4, end, rx[at + 11] as number);
  }

  /** Nothing, or an OPT record of version 0 without options [RFC 6891 §6.1.2]; DO may be set. */
  #readEdns(rx: Uint8Array, q: number, end: number, additionals: number): boolean {
    this.opt = OPT.none;
    this.limit = MIN_PAYLOAD;
    if (additionals === 0) return q === end;
    if (q + OPT_SIZE !== end) return false;
    const dnssecOk = rx[q + 7] as number;
    const odd =
      (rx[q] as number) |
      (rx[q + 1] as number) |
      ((rx[q + 2] as number) ^ TYPE_OPT) |
      (rx[q + 5] as number) |
      (rx[q + 6] as number) |
      (dnssecOk & 0x7f) |
      (rx[q + 8] as number) |
      (rx[q + 9] as number) |
      (rx[q + 10] as number);
    if (odd !== 0) return false;
    this.opt = dnssecOk === 0 ? OPT.plain : OPT.dnssecOk;
    const payload = ((rx[q + 3] as number) << 8) | (rx[q + 4] as number);
    this.limit = Math.max(MIN_PAYLOAD, Math.min(payload, this.#maxPayload));
    return true;
  }
}

/** A query with no other flags than RD, AD and CD, one question, and at most one additional record. */
function isPlainHeader(rx: Uint8Array, at: number): boolean {
  const odd =
    ((rx[at + 2] as number) & 0xfe) |
    ((rx[at + 3] as number) & 0xcf) |
    (rx[at + 4] as number) |
    ((rx[at + 5] as number) ^ 1) |
    (rx[at + 6] as number) |
    (rx[at + 7] as number) |
    (rx[at + 8] as number) |
    (rx[at + 9] as number) |
    (rx[at + 10] as number) |
    ((rx[at + 11] as number) & 0xfe);
  return odd === 0;
}
