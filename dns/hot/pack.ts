import type { Entry } from './entry.ts';
import type { Packed } from './table.ts';

/** What `RECORD.fixed` and `RECORD.round` are put together of. */
export const FIXED = { keyBits: 7, sizeBits: 11 } as const;
export const ROUND = { countBits: 12, numbersBits: 3, scheduleShift: 16 } as const;

/** Room in `tx`; less what is written beyond the end of a reply, by fours, and less an OPT record. */
const MAX_REPLY = 1_232 - 4 - 11;
const HEADER_SIZE = 12;
const QUESTION_END_SIZE = 4;

export type PackedAnswer = Omit<Packed, 'hash' | 'owner' | 'dependencies'>;

/** `key` is the name, `nameSize` bytes of it, `turn` the number of what its records are taken in turns of. Null: too large. */
export function packEntry(entry: Entry, key: Int32Array, nameSize: number, turn: number): PackedAnswer | null {
  const keyNumbers = numbersOf(nameSize);
  const { fixed, records, recordSize, schedule, one } = entry;
  const count = recordSize === 0 ? 0 : records.length / recordSize;
  const given = one ? recordSize : records.length;
  if (HEADER_SIZE + nameSize + QUESTION_END_SIZE + fixed.length + given > MAX_REPLY) return null;
  const size = keyNumbers + numbersOf(fixed.length) + numbersOf(records.length) + (schedule?.length ?? 0);
  const numbers = new Int32Array(size);
  numbers.set(key.subarray(0, keyNumbers));
  putBytes(numbers, keyNumbers, fixed);
  putBytes(numbers, keyNumbers + numbersOf(fixed.length), records);
  if (schedule) numbers.set(schedule, size - schedule.length);
  return {
    numbers,
    size,
    head: (entry.flags << 16) | (entry.answers << 8) | entry.authorities,
    fixed: keyNumbers | (fixed.length << FIXED.keyBits) | ((entry.serialAt + 1) << (FIXED.keyBits + FIXED.sizeBits)),
    round:
      count |
      ((recordSize >> 2) << ROUND.countBits) |
      (Number(one) << (ROUND.countBits + ROUND.numbersBits)) |
      ((schedule?.length ?? 0) << ROUND.scheduleShift),
    turn: turn | (entry.additionals << 16),
  };
}

/** A question that takes the general path. */
export function packGeneral(key: Int32Array, nameSize: number): PackedAnswer {
  const size = numbersOf(nameSize);
  return { numbers: key.slice(0, size), size, head: 0, fixed: size, round: 0, turn: 0 };
}

/** How many numbers of four bytes hold so many bytes. */
export function numbersOf(bytes: number): number {
  return (bytes + 3) >> 2;
}

/** Bytes as little-endian numbers, the last one filled up with zeros. */
export function putBytes(numbers: Int32Array, at: number, bytes: Uint8Array): void {
  for (let n = 0; n < bytes.length; n += 1) {
    const index = at + (n >> 2);
    numbers[index] = (numbers[index] as number) | ((bytes[n] as number) << ((n & 3) * 8));
  }
}
