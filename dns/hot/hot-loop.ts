import { GENERAL_PATH } from '../query/fast-answer.ts';
import type { Asker } from '../query/name-source.ts';
import { mix } from './hash.ts';
import type { Negative } from './negatives.ts';
import { HEADER_SIZE, MAX_TYPE, OPT, OPT_SIZE, Question, type QuestionOptions } from './question.ts';
import { COMMON_BIT, EVERYBODY, type Scopes, UNKNOWN } from './scopes.ts';
import { FIELD, ownerOf, type Table } from './table.ts';
import { numbersOf } from './words.ts';

/** A question whose answer is not in the table. */
export interface Missed {
  /** The lower-case name, `nameSize` bytes of it, as little-endian numbers filled up with zeros. */
  readonly name: Int32Array;
  readonly nameSize: number;
  readonly type: number;
  readonly scope: number;
  /** Whether replies of `EVERYBODY` hold for this scope. */
  readonly isCommon: boolean;
  /** The hash of the name. */
  readonly mixed: number;
}

/** An entry of the table, the reply for a name that does not exist, or null: the general path. */
export type Found = number | Negative | null;

export interface LoopParts<A extends Asker> extends QuestionOptions {
  readonly table: Table;
  readonly scopes: Scopes<A>;
  /** By index: how many replies were given; see `TurnCounters`. */
  readonly turns: Uint32Array;
  readonly divert: (from: number) => boolean;
  /** Applies what has changed. */
  readonly catchUp: () => void;
  readonly load: (missed: Missed) => Found;
  /** The start of the hash of a name. */
  readonly seed: number;
}

/** Replies since the start. */
export interface Answered {
  readonly type: number;
  readonly rcode: number;
  readonly count: number;
}

const RCODES = 16;

/** Answers queries from the table. It works on numbers in typed arrays and allocates nothing, which makes it fast. */
export class HotLoop<A extends Asker> {
  /** The serial of SOA records. */
  serial = 0;
  /** The OPT records of replies without and with DO, as three overlapping numbers each: from byte 0, 4 and 7. */
  readonly opts = new Int32Array(6);
  /** Replies by type of the question, times 16, plus rcode. */
  readonly #answered = new Float64Array((MAX_TYPE + 1) * RCODES);
  readonly #parts: LoopParts<A>;
  readonly #question: Question;
  readonly #name = new Int32Array(64);
  #tx: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));

  constructor(parts: LoopParts<A>) {
    this.#parts = parts;
    this.#question = new Question(parts);
  }

  answer(rx: Uint8Array, at: number, length: number, from: number, tx: Uint8Array, to: number): number {
    const { catchUp, scopes, divert } = this.#parts;
    catchUp();
    if (!this.#question.read(rx, at, length)) return GENERAL_PATH;
    const asker = scopes.of(from);
    if (asker === UNKNOWN) return GENERAL_PATH;
    if (tx !== this.#tx) this.#useBuffer(tx);
    const found = this.#find(asker, this.#copyQuestion(rx, at + HEADER_SIZE, to + HEADER_SIZE));
    if (found === null) return GENERAL_PATH;
    const size = typeof found === 'number' ? this.#sizeOf(found) : this.#sizeWith(found.bytes.length);
    if (size === 0 || size > this.#question.limit || divert(from)) return GENERAL_PATH;
    if (typeof found === 'number') this.#writeEntry(found, rx, at, to);
    else this.#writeNegative(found, rx, at, to);
    return size;
  }

  answered(): readonly Answered[] {
    return [...this.#answered].flatMap((count, at) =>
      count === 0 ? [] : [{ type: Math.floor(at / RCODES), rcode: at % RCODES, count }],
    );
  }

  /** Replies that `during` produces are not counted. */
  uncounted(during: () => void): void {
    const before = this.#answered.slice();
    during();
    this.#answered.set(before);
  }

  /** Copies the question as it is, four bytes at a time; its name in lower case becomes the key. Returns the key's hash. */
  #copyQuestion(rx: Uint8Array, from: number, to: number): number {
    const { nameSize, type } = this.#question;
    const name = this.#name;
    const view = this.#view;
    let mixed = this.#parts.seed;
    for (let n = 0; n < nameSize; n += 4) {
      const b = from + n;
      let four =
        (rx[b] as number) |
        ((rx[b + 1] as number) << 8) |
        ((rx[b + 2] as number) << 16) |
        ((rx[b + 3] as number) << 24);
      view.setInt32(to + n, four, true);
      const left = nameSize - n;
      if (left < 4) four &= (1 << (left << 3)) - 1;
      // In each byte between A and Z, the bit that makes it lower case.
      const low = four & 0x7f7f7f7f;
      four |= ((low + 0x3f3f3f3f) & ~(low + 0x25252525) & ~four & 0x80808080) >>> 2;
      name[n >> 2] = four;
      mixed = mix(mixed, four);
    }
    view.setInt32(to + nameSize, (type << 16) | 1);
    return mixed;
  }

  #find(asker: number, mixed: number): Found {
    const { table, load } = this.#parts;
    const { type, nameSize } = this.#question;
    const name = this.#name;
    const size = numbersOf(nameSize);
    const isCommon = asker >= COMMON_BIT;
    const scope = asker & (COMMON_BIT - 1);
    const entry =
      (isCommon && table.find(name, size, mixed, ownerOf(EVERYBODY, type))) ||
      table.find(name, size, mixed, ownerOf(scope, type));
    return entry || load({ name, nameSize, type, scope, isCommon, mixed });
  }

  /** Bytes of the whole reply with so many behind the question. */
  #sizeWith(bytes: number): number {
    const { nameSize, opt } = this.#question;
    return HEADER_SIZE + nameSize + 4 + bytes + (opt === OPT.none ? 0 : OPT_SIZE);
  }

  /** 0: the general path answers this question. */
  #sizeOf(entry: number): number {
    const { entries } = this.#parts.table;
    if (entries[entry + FIELD.flags] === 0) return 0;
    const records = (entries[entry + FIELD.given] as number) * (entries[entry + FIELD.recordSize] as number) * 4;
    return this.#sizeWith((entries[entry + FIELD.fixedBytes] as number) + records);
  }

  #writeEntry(entry: number, rx: Uint8Array, at: number, to: number): void {
    const { entries } = this.#parts.table;
    const { nameSize } = this.#question;
    const view = this.#view;
    let o = to + HEADER_SIZE + nameSize + 4;
    let p = entry + FIELD.name + numbersOf(nameSize);
    const fixedBytes = entries[entry + FIELD.fixedBytes] as number;
    for (let n = 0; n < fixedBytes; n += 4) {
      view.setInt32(o + n, entries[p] as number, true);
      p += 1;
    }
    const serialAt = entries[entry + FIELD.serialAt] as number;
    if (serialAt >= 0) view.setInt32(o + serialAt, this.serial);
    o += fixedBytes;
    if (entries[entry + FIELD.records] !== 0) o = this.#writeRecords(entry, p, o);
    const answers = entries[entry + FIELD.answers] as number;
    const authorities = entries[entry + FIELD.authorities] as number;
    this.#writeHeader(rx, at, to, entries[entry + FIELD.flags] as number, answers);
    this.#writeEnd(to, o, authorities, entries[entry + FIELD.additionals] as number);
  }

  /** Writes the records at `p` of the table to `o`, the one whose turn it is first. Returns the end. */
  #writeRecords(entry: number, p: number, o: number): number {
    const { turns, table } = this.#parts;
    const { entries } = table;
    const count = entries[entry + FIELD.records] as number;
    const size = entries[entry + FIELD.recordSize] as number;
    const schedule = entries[entry + FIELD.schedule] as number;
    const turn = entries[entry + FIELD.turn] as number;
    const past = p + count * size;
    const given = turns[turn] as number;
    turns[turn] = given + 1;
    const first = p + (schedule === 0 ? given % count : (entries[past + (given % schedule)] as number)) * size;
    const isOne = entries[entry + FIELD.given] === 1;
    const end = this.#writeNumbers(first, isOne ? first + size : past, o);
    return isOne ? end : this.#writeNumbers(p, first, end);
  }

  #writeNumbers(from: number, until: number, o: number): number {
    const { entries } = this.#parts.table;
    const view = this.#view;
    let end = o;
    for (let n = from; n < until; n += 1) {
      view.setInt32(end, entries[n] as number, true);
      end += 4;
    }
    return end;
  }

  #writeNegative(negative: Negative, rx: Uint8Array, at: number, to: number): void {
    const { bytes, serialAt, pointers, questionSize, flags } = negative;
    const view = this.#view;
    const o = to + HEADER_SIZE + this.#question.nameSize + 4;
    this.#tx.set(bytes, o);
    const longer = this.#question.nameSize + 4 - questionSize;
    for (const pointer of pointers) view.setUint16(o + pointer, view.getUint16(o + pointer) + longer);
    view.setInt32(o + serialAt, this.serial);
    this.#writeHeader(rx, at, to, flags, 0);
    this.#writeEnd(to, o + bytes.length, 1, 0);
  }

  /** Id, flags and the counts of questions and answers; counts the reply. */
  #writeHeader(rx: Uint8Array, at: number, to: number, flags: number, answers: number): void {
    const view = this.#view;
    const id = ((rx[at] as number) << 24) | ((rx[at + 1] as number) << 16);
    view.setInt32(to, id | flags | (((rx[at + 2] as number) & 1) << 8) | ((rx[at + 3] as number) & 0x10));
    view.setInt32(to + 4, 0x10000 | answers);
    const counter = this.#question.type * RCODES + (flags & 15);
    this.#answered[counter] = (this.#answered[counter] as number) + 1;
  }

  /** The other two counts, and the OPT record at `o`. */
  #writeEnd(to: number, o: number, authorities: number, additionals: number): void {
    const { opt } = this.#question;
    const view = this.#view;
    view.setInt32(to + 8, (authorities << 16) | (additionals + (opt === OPT.none ? 0 : 1)));
    if (opt === OPT.none) return;
    const { opts } = this;
    view.setInt32(o, opts[opt] as number, true);
    view.setInt32(o + 4, opts[opt + 1] as number, true);
    view.setInt32(o + 7, opts[opt + 2] as number, true);
  }

  #useBuffer(tx: Uint8Array): void {
    this.#tx = tx;
    this.#view = new DataView(tx.buffer, tx.byteOffset, tx.byteLength);
  }
}
