import { GENERAL_PATH } from '../listen/fast-answer.ts';
import type { Asker } from '../query/name-source.ts';
import type { Absence } from './absence.ts';
import type { Generations } from './generations.ts';
import { RECORD } from './layout.ts';
import type { Negative } from './negatives.ts';
import { FIXED, ROUND } from './pack.ts';
import { COMMON_BIT, EVERYBODY, NOBODY, type Scopes } from './scopes.ts';

/** What the loop found in a query, for whoever has to find the answer that is not in the table. */
export interface Missed {
  /** The lower-case name, `nameSize` bytes of it, as little-endian numbers filled up with zeros. */
  readonly key: Int32Array;
  readonly nameSize: number;
  readonly type: number;
  readonly scope: number;
  /** Whether the scope sees what everybody sees. */
  readonly isCommon: boolean;
  /** Of the name; see `hashOf`. */
  readonly mixed: number;
}

/** An entry of `current`; or a "no" for a whole zone; or null: the general path. */
export type Found = number | Negative | null;

export interface LoopParts<A extends Asker> {
  readonly generations: Generations;
  readonly scopes: Scopes<A>;
  /** By number of the turn: how many answers were given. */
  readonly turns: Uint32Array;
  readonly divert: ((from: number) => boolean) | null;
  /** Applies what has changed. */
  readonly catchUp: () => void;
  readonly miss: (missed: Missed) => Found;
  readonly absence: Absence<A>;
  /** By number up to 255: 1 where a question of this type is one to be answered. */
  readonly types: Uint8Array;
  /** Of replies, to clients that take so much. */
  readonly maxPayload: number;
  readonly seed: number;
}

/** Replies since the start. */
export interface Answered {
  readonly type: number;
  readonly rcode: number;
  readonly count: number;
}

const HEADER_SIZE = 12;
const OPT_SIZE = 11;
const MAX_NAME = 255;
const MAX_LABEL = 63;
/** Types above are transfers, ANY and the like, or nobody's. */
export const MAX_TYPE = 127;
/** No question either [RFC 6895 §3.1]. */
const TYPE_OPT = 41;
const RCODES = 16;
/** What UDP carries unasked [RFC 1035 §4.2.1], and what there is room for. */
export const MIN_PAYLOAD = 512;
export const MAX_PAYLOAD = 1_232;

const KEY_MASK = (1 << FIXED.keyBits) - 1;
const SIZE_MASK = (1 << FIXED.sizeBits) - 1;
const SERIAL_SHIFT = FIXED.keyBits + FIXED.sizeBits;
const COUNT_MASK = (1 << ROUND.countBits) - 1;
const NUMBERS_MASK = (1 << ROUND.numbersBits) - 1;
const ONE_BIT = 1 << (ROUND.countBits + ROUND.numbersBits);

/**
 * Takes a query apart where it lies and writes the reply from the table. One long function, with the state of the table in
 * local variables and no object made: that is what makes it fast.
 */
export class HotLoop<A extends Asker> {
  /** Replies by type of the question, times 16, plus rcode. */
  readonly #answered = new Float64Array((MAX_TYPE + 1) * RCODES);
  /** The serial of SOA records. */
  serial = 0;
  /** The OPT records of replies without and with DO, as three overlapping numbers each: from byte 0, 4 and 7. */
  readonly opts = new Int32Array(6);
  readonly #parts: LoopParts<A>;
  readonly #key = new Int32Array(64);
  #tx: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));

  constructor(parts: LoopParts<A>) {
    this.#parts = parts;
  }

  answer(rx: Uint8Array, at: number, length: number, from: number, tx: Uint8Array, to: number): number {
    if (length < HEADER_SIZE + 7) return GENERAL_PATH;
    const parts = this.#parts;
    parts.catchUp();
    const end = at + length;
    // A query, no other flags than RD, AD and CD; one question and at most one other record.
    const additionals = rx[at + 11] as number;
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
      (additionals & 0xfe);
    if (odd !== 0) return GENERAL_PATH;
    const name = at + HEADER_SIZE;
    let q = name;
    for (let label = rx[q] as number; label !== 0; label = rx[q] as number) {
      q += label + 1;
      if (label > MAX_LABEL || q >= end) return GENERAL_PATH;
    }
    q += 1;
    const nameSize = q - name;
    if (nameSize > MAX_NAME || q + 4 > end) return GENERAL_PATH;
    const type = rx[q + 1] as number;
    if (type === 0 || type === TYPE_OPT) return GENERAL_PATH;
    if (rx[q] !== 0 || parts.types[type] !== 1 || rx[q + 2] !== 0 || rx[q + 3] !== 1) return GENERAL_PATH;
    q += 4;
    let limit = MIN_PAYLOAD;
    let opt = -1;
    if (additionals === 0) {
      if (q !== end) return GENERAL_PATH;
    } else {
      // An OPT record of version 0 with nothing in it; DO may be set.
      if (q + OPT_SIZE !== end) return GENERAL_PATH;
      const dnssecOk = rx[q + 7] as number;
      const oddOpt =
        (rx[q] as number) |
        (rx[q + 1] as number) |
        ((rx[q + 2] as number) ^ 41) |
        (rx[q + 5] as number) |
        (rx[q + 6] as number) |
        (dnssecOk & 0x7f) |
        (rx[q + 8] as number) |
        (rx[q + 9] as number) |
        (rx[q + 10] as number);
      if (oddOpt !== 0) return GENERAL_PATH;
      opt = dnssecOk === 0 ? 0 : 3;
      const payload = ((rx[q + 3] as number) << 8) | (rx[q + 4] as number);
      limit = payload > parts.maxPayload ? parts.maxPayload : payload > MIN_PAYLOAD ? payload : MIN_PAYLOAD;
    }
    const asker = parts.scopes.of(from);
    if (asker === NOBODY) return GENERAL_PATH;

    // The question goes over as it is, by fours; the same in lower case is the key.
    if (tx !== this.#tx) this.#useBuffer(tx);
    const view = this.#view;
    const key = this.#key;
    const question = to + HEADER_SIZE;
    let mixed = parts.seed;
    let numbers = 0;
    for (let n = 0; n < nameSize; n += 4) {
      const b = name + n;
      let four =
        (rx[b] as number) |
        ((rx[b + 1] as number) << 8) |
        ((rx[b + 2] as number) << 16) |
        ((rx[b + 3] as number) << 24);
      view.setInt32(question + n, four, true);
      const left = nameSize - n;
      if (left < 4) four &= (1 << (left << 3)) - 1;
      // Of each byte between A and Z the bit that makes it small.
      const low = four & 0x7f7f7f7f;
      four |= ((low + 0x3f3f3f3f) & ~(low + 0x25252525) & ~four & 0x80808080) >>> 2;
      key[numbers] = four;
      numbers += 1;
      mixed = Math.imul(mixed ^ four, 0x85ebca6b);
      mixed ^= mixed >>> 15;
    }
    let o = question + nameSize;
    view.setInt32(o, (type << 16) | 1);
    o += 4;

    const { generations } = parts;
    let entry = 0;
    if (asker >= COMMON_BIT) entry = generations.find(mixed, (EVERYBODY << 7) | type, key, numbers);
    if (entry === 0) {
      const scope = asker & (COMMON_BIT - 1);
      entry = generations.find(mixed, (scope << 7) | type, key, numbers);
      if (entry === 0) {
        const negative = parts.absence.negativeFor(key, nameSize, mixed);
        const found = negative ?? parts.miss({ key, nameSize, type, scope, isCommon: asker >= COMMON_BIT, mixed });
        if (found === null) return GENERAL_PATH;
        if (typeof found !== 'number') {
          if (parts.divert?.(from)) return GENERAL_PATH;
          return this.#refuse(found, rx, at, to, { type, nameSize, limit, opt });
        }
        entry = found;
      }
    }
    const { records, pool } = generations.current;
    const head = records[entry + RECORD.head] as number;
    if (head === 0) return GENERAL_PATH;
    const fixed = records[entry + RECORD.fixed] as number;
    const round = records[entry + RECORD.round] as number;
    const count = round & COUNT_MASK;
    const each = (round >>> ROUND.countBits) & NUMBERS_MASK;
    const one = (round & ONE_BIT) !== 0;
    const fixedSize = (fixed >>> FIXED.keyBits) & SIZE_MASK;
    const size = o - to + fixedSize + (one ? each : count * each) * 4 + (opt < 0 ? 0 : OPT_SIZE);
    if (size > limit || parts.divert?.(from)) return GENERAL_PATH;

    let p = (records[entry + RECORD.key] as number) + (fixed & KEY_MASK);
    const turn = records[entry + RECORD.turn] as number;
    for (let n = 0; n < fixedSize; n += 4) {
      view.setInt32(o + n, pool[p] as number, true);
      p += 1;
    }
    const serialAt = fixed >>> SERIAL_SHIFT;
    if (serialAt !== 0) view.setInt32(o + serialAt - 1, this.serial);
    o += fixedSize;
    if (count !== 0) {
      const given = parts.turns[turn & 0xffff] as number;
      parts.turns[turn & 0xffff] = given + 1;
      const length = round >>> ROUND.scheduleShift;
      const past = p + count * each;
      const first = p + (length === 0 ? given % count : (pool[past + (given % length)] as number)) * each;
      const until = one ? first + each : past;
      for (let n = first; n < until; n += 1) {
        view.setInt32(o, pool[n] as number, true);
        o += 4;
      }
      if (!one) {
        for (let n = p; n < first; n += 1) {
          view.setInt32(o, pool[n] as number, true);
          o += 4;
        }
      }
    }
    this.#finish(rx, at, to, o, head, turn >>> 16, opt);
    const counter = type * RCODES + ((head >>> 16) & 15);
    this.#answered[counter] = (this.#answered[counter] as number) + 1;
    return size;
  }

  answered(): readonly Answered[] {
    const counted: Answered[] = [];
    for (let at = 0; at < this.#answered.length; at += 1) {
      const count = this.#answered[at] as number;
      if (count > 0) counted.push({ type: Math.floor(at / RCODES), rcode: at % RCODES, count });
    }
    return counted;
  }

  /** What is answered meanwhile does not count. */
  uncounted(during: () => void): void {
    const before = this.#answered.slice();
    during();
    this.#answered.set(before);
  }

  /** The header, and the OPT record at `o`. */
  #finish(rx: Uint8Array, at: number, to: number, o: number, head: number, additionals: number, opt: number): void {
    const view = this.#view;
    const flags = (head >>> 16) | (((rx[at + 2] as number) & 1) << 8) | ((rx[at + 3] as number) & 0x10);
    view.setInt32(to, ((rx[at] as number) << 24) | ((rx[at + 1] as number) << 16) | flags);
    view.setInt32(to + 4, 0x10000 | ((head >>> 8) & 0xff));
    view.setInt32(to + 8, ((head & 0xff) << 16) | (additionals + (opt < 0 ? 0 : 1)));
    if (opt < 0) return;
    const { opts } = this;
    view.setInt32(o, opts[opt] as number, true);
    view.setInt32(o + 4, opts[opt + 1] as number, true);
    view.setInt32(o + 7, opts[opt + 2] as number, true);
  }

  #refuse(
    negative: Negative,
    rx: Uint8Array,
    at: number,
    to: number,
    { type, nameSize, limit, opt }: { type: number; nameSize: number; limit: number; opt: number },
  ): number {
    const { bytes, serialAt, pointers, questionSize, flags } = negative;
    const o = to + HEADER_SIZE + nameSize + 4;
    const size = o - to + bytes.length + (opt < 0 ? 0 : OPT_SIZE);
    if (size > limit) return GENERAL_PATH;
    this.#tx.set(bytes, o);
    const longer = nameSize + 4 - questionSize;
    for (const pointer of pointers) {
      this.#view.setUint16(o + pointer, this.#view.getUint16(o + pointer) + longer);
    }
    this.#view.setInt32(o + serialAt, this.serial);
    this.#finish(rx, at, to, o + bytes.length, (flags << 16) | 1, 0, opt);
    const counter = type * RCODES + (flags & 15);
    this.#answered[counter] = (this.#answered[counter] as number) + 1;
    return size;
  }

  #useBuffer(tx: Uint8Array): void {
    this.#tx = tx;
    this.#view = new DataView(tx.buffer, tx.byteOffset, tx.byteLength);
  }
}
