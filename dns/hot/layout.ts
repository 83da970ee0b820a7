/**
 * How one generation of the table lies in memory. A record of eight numbers for each entry, in one cache line; its key and
 * its answer stand in the pool, as numbers of four bytes, little-endian.
 */
export const RECORD = {
  /** Hash of scope, type and name. */
  hash: 0,
  /** Scope and type; DEAD once it is removed. */
  owner: 1,
  /** Where in the pool the key begins, padded with zeros; behind it come fixed, records, schedule and dependencies. */
  key: 2,
  /** Numbers in the pool up to the dependencies; their count follows, then they. */
  size: 3,
  /** Flags of the reply, answers, authorities; 0: this question takes the general path. */
  head: 4,
  /** Numbers of the key, bytes of `fixed`, place of the serial in it plus one. */
  fixed: 5,
  /** Count of records, numbers of each, whether one is given, length of the schedule. */
  round: 6,
  /** Number of the turn, additionals. */
  turn: 7,
} as const;

export const STRIDE = 8;
export const DEAD = -1;

/** What a generation is cut into, from the bytes it may take. */
export interface Extent {
  readonly slots: number;
  readonly entries: number;
  readonly buckets: number;
  readonly links: number;
  readonly poolNumbers: number;
}

/** Of the bytes one entry is reckoned with, 128 are for its key and answer. */
const BYTES_PER_ENTRY = 224;
const LINKS_PER_ENTRY = 3;

export function extentOf(bytes: number): Extent {
  const entries = Math.max(16, Math.floor(bytes / BYTES_PER_ENTRY));
  const slots = powerOfTwo(entries * 1.5);
  const buckets = slots / 2;
  const links = entries * LINKS_PER_ENTRY;
  const taken = 4 * (slots + buckets + links * 2 + entries * STRIDE);
  return { slots, entries, buckets, links, poolNumbers: Math.max(1_024, Math.floor((bytes - taken) / 4)) };
}

function powerOfTwo(atLeast: number): number {
  return 2 ** Math.ceil(Math.log2(atLeast));
}
