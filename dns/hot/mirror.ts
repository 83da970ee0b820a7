import type { Entry } from './entry.ts';
import type { Missed } from './hot-loop.ts';
import { RECORD } from './layout.ts';
import type { Table } from './table.ts';

/** Whose answer to what: the key of an entry. */
export interface MirrorKey {
  readonly scope: number;
  readonly type: number;
  /** Wire form, lower case. */
  readonly name: Uint8Array;
}

/** Somebody who gives the table's answers by himself, and is kept in step with it. */
export interface HotMirror {
  /** Before anything changes: nothing is given until `resume`. */
  pause(): void;
  /** Everything has changed that was to; `serial` is the one of SOA records now. */
  resume(serial: number): void;
  put(key: MirrorKey, entry: Entry): void;
  drop(key: MirrorKey): void;
  clear(): void;
  /** Whose names an IPv4 address (big-endian number) sees: `COMMON_BIT` in `scope` says that what is kept for `EVERYBODY` comes first. */
  know(from: number, scope: number): void;
  /** Nobody is known any more. */
  forgetAskers(): void;
}

/** The key of an entry that was just looked for. */
export function keyOfMissed({ scope, type, key, nameSize }: Missed): MirrorKey {
  return { scope, type, name: bytesOf(key, 0, nameSize) };
}

/** The key of an entry that is in a table. */
export function keyOfEntry({ records, pool }: Table, entry: number): MirrorKey {
  const owner = records[entry + RECORD.owner] as number;
  const at = records[entry + RECORD.key] as number;
  return { scope: owner >>> 7, type: owner & 0x7f, name: bytesOf(pool, at, nameSizeAt(pool, at)) };
}

function nameSizeAt(numbers: Int32Array, at: number): number {
  let size = 0;
  for (let label = byteAt(numbers, at, 0); label !== 0; label = byteAt(numbers, at, size)) size += label + 1;
  return size + 1;
}

function bytesOf(numbers: Int32Array, at: number, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, n) => byteAt(numbers, at, n));
}

function byteAt(numbers: Int32Array, at: number, n: number): number {
  return ((numbers[at + (n >> 2)] as number) >>> ((n & 3) * 8)) & 0xff;
}
