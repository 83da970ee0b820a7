import type { FollowedKey, TableFollower } from './follower.ts';
import { hashOf, spread } from './hash.ts';
import type { StoredReply } from './stored-reply.ts';
import { bytesOfName, numbersOf, writeBytes } from './words.ts';

/** The numbers of an entry, from its offset on. Name, fixed part, records and schedule follow at `name`. */
export const FIELD = {
  /** Of name, type and scope. */
  hash: 0,
  /** Scope and type; REMOVED once the entry was removed. */
  owner: 1,
  /** The next entry in the same slot. */
  next: 2,
  /** Bytes 2 and 3 of the header; 0: the general path answers this question. */
  flags: 3,
  answers: 4,
  authorities: 5,
  additionals: 6,
  fixedBytes: 7,
  serialAt: 8,
  records: 9,
  /** Numbers of each record. */
  recordSize: 10,
  /** How many of the records one reply has. */
  given: 11,
  /** Numbers of the schedule; 0: the records take turns one after the other. */
  schedule: 12,
  /** Index of the turn counter. */
  turn: 13,
  name: 14,
} as const;

/** Entry, hash of a dependency, the next link of the same bucket. */
const LINK_STRIDE = 3;
const REMOVED = -1;
/** Offset 0 stands for no entry and no link. */
const FIRST = 1;
/** The plan for one entry: 8 bytes for a slot and a bucket, 36 for links, the rest for its numbers. */
const BYTES_PER_ENTRY = 256;
const LINKS_PER_ENTRY = 3;
const NXDOMAIN = 3;

/** What is looked for: a name in wire form and lower case, as little-endian numbers filled up with zeros. */
export interface TableKey {
  readonly name: Int32Array;
  /** Bytes of the name. */
  readonly nameSize: number;
  /** The hash of the name; see `mix`. */
  readonly mixed: number;
  /** See `ownerOf`. */
  readonly owner: number;
}

export interface NewEntry {
  readonly key: TableKey;
  /** Null: the general path answers this question. */
  readonly reply: StoredReply | null;
  readonly turn: number;
  /** Hashes of what the reply depends on. */
  readonly dependencies: readonly number[];
}

export function ownerOf(scope: number, type: number): number {
  return (scope << 7) | type;
}

/**
 * Replies by scope, type and name, in typed arrays: a chained hash table, and an index from dependencies to entries. It is
 * filled from front to end. When it is full it is emptied as a whole; what is still asked for is encoded again. An entry
 * is named by its offset; 0 is no entry.
 */
export class Table {
  readonly entries: Int32Array;
  /** Entries that can be found. */
  count = 0;
  /** Those of them that say that a name does not exist. */
  negatives = 0;
  /** Replies that were added since the start. */
  loaded = 0;
  readonly #slots: Int32Array;
  readonly #buckets: Int32Array;
  readonly #links: Int32Array;
  readonly #followers: readonly TableFollower[];
  #entriesEnd = FIRST;
  #linksEnd = FIRST;

  constructor(maxBytes: number, followers: readonly TableFollower[]) {
    const planned = Math.max(64, Math.floor(maxBytes / BYTES_PER_ENTRY));
    const slots = 2 ** Math.floor(Math.log2(planned));
    this.#slots = new Int32Array(slots);
    this.#buckets = new Int32Array(slots);
    this.#links = new Int32Array(planned * LINKS_PER_ENTRY * LINK_STRIDE);
    this.entries = new Int32Array(Math.floor(maxBytes / 4) - 2 * slots - this.#links.length);
    this.#followers = followers;
  }

  /** Memory that was written to. */
  get bytes(): number {
    return 4 * (this.#entriesEnd + this.#linksEnd + this.#slots.length + this.#buckets.length);
  }

  find(name: Int32Array, size: number, mixed: number, owner: number): number {
    const { entries } = this;
    const hash = hashOf(mixed, owner);
    let entry = this.#slots[spread(hash) & (this.#slots.length - 1)] as number;
    for (; entry !== 0; entry = entries[entry + FIELD.next] as number) {
      if (entries[entry] !== hash || entries[entry + FIELD.owner] !== owner) continue;
      const key = entry + FIELD.name;
      let n = 0;
      while (n < size && entries[key + n] === name[n]) n += 1;
      if (n === size) break;
    }
    return entry;
  }

  /** Adds what is not there yet, and empties the table before if there is no room. 0: larger than the whole table. */
  insert(added: NewEntry): number {
    const { key, reply, turn, dependencies } = added;
    const nameNumbers = numbersOf(key.nameSize);
    const size = FIELD.name + nameNumbers + (reply === null ? 0 : sizeOf(reply));
    if (!this.#hasRoom(size, dependencies.length)) this.clear();
    if (!this.#hasRoom(size, dependencies.length)) return 0;
    const entry = this.#entriesEnd;
    const hash = hashOf(key.mixed, key.owner);
    const slot = spread(hash) & (this.#slots.length - 1);
    const { entries } = this;
    entries.set([hash, key.owner, this.#slots[slot] as number], entry);
    entries.set(reply === null ? GENERAL_PATH_FIELDS : fieldsOf(reply, turn), entry + FIELD.flags);
    for (let n = 0; n < nameNumbers; n += 1) entries[entry + FIELD.name + n] = key.name[n] as number;
    if (reply) writeReply(entries, entry + FIELD.name + nameNumbers, reply);
    this.#slots[slot] = entry;
    this.#entriesEnd += size;
    for (const dependency of dependencies) this.#link(entry, dependency);
    this.count += 1;
    if (this.#isNegative(entry)) this.negatives += 1;
    if (reply) {
      this.loaded += 1;
      for (const follower of this.#followers) follower.put(this.#keyOf(entry), reply);
    }
    return entry;
  }

  /** Removes all entries with this dependency, given as a hash. */
  invalidate(dependency: number): void {
    const links = this.#links;
    const bucket = this.#bucketOf(dependency);
    let before = 0;
    for (let link = this.#buckets[bucket] as number; link !== 0; link = links[link + 2] as number) {
      const entry = links[link] as number;
      if (links[link + 1] === dependency && !this.#isRemoved(entry)) this.#remove(entry);
      if (!this.#isRemoved(entry)) before = link;
      else if (before === 0) this.#buckets[bucket] = links[link + 2] as number;
      else links[before + 2] = links[link + 2] as number;
    }
  }

  clear(): void {
    if (this.#entriesEnd === FIRST) return;
    this.#slots.fill(0);
    this.#buckets.fill(0);
    this.#entriesEnd = FIRST;
    this.#linksEnd = FIRST;
    this.count = 0;
    this.negatives = 0;
    for (const follower of this.#followers) follower.clear();
  }

  #hasRoom(size: number, dependencies: number): boolean {
    return (
      this.#entriesEnd + size <= this.entries.length &&
      this.#linksEnd + dependencies * LINK_STRIDE <= this.#links.length
    );
  }

  #remove(entry: number): void {
    const { entries } = this;
    const next = entries[entry + FIELD.next] as number;
    const slot = spread(entries[entry] as number) & (this.#slots.length - 1);
    let before = this.#slots[slot] as number;
    if (before === entry) this.#slots[slot] = next;
    else {
      while (entries[before + FIELD.next] !== entry) before = entries[before + FIELD.next] as number;
      entries[before + FIELD.next] = next;
    }
    this.count -= 1;
    if (this.#isNegative(entry)) this.negatives -= 1;
    for (const follower of this.#followers) follower.drop(this.#keyOf(entry));
    entries[entry + FIELD.owner] = REMOVED;
  }

  #link(entry: number, dependency: number): void {
    const bucket = this.#bucketOf(dependency);
    this.#links.set([entry, dependency, this.#buckets[bucket] as number], this.#linksEnd);
    this.#buckets[bucket] = this.#linksEnd;
    this.#linksEnd += LINK_STRIDE;
  }

  #bucketOf(dependency: number): number {
    return spread(dependency) & (this.#buckets.length - 1);
  }

  #isRemoved(entry: number): boolean {
    return this.entries[entry + FIELD.owner] === REMOVED;
  }

  #isNegative(entry: number): boolean {
    return ((this.entries[entry + FIELD.flags] as number) & 15) === NXDOMAIN;
  }

  #keyOf(entry: number): FollowedKey {
    const owner = this.entries[entry + FIELD.owner] as number;
    const name = bytesOfName(this.entries, entry + FIELD.name);
    return { scope: owner >>> 7, type: owner & 0x7f, name };
  }
}

/** From `FIELD.flags` on. */
const GENERAL_PATH_FIELDS = new Array<number>(FIELD.name - FIELD.flags).fill(0);

function fieldsOf(reply: StoredReply, turn: number): readonly number[] {
  const { flags, answers, authorities, additionals, fixed, serialAt, records, recordSize, one, schedule } = reply;
  const count = recordSize === 0 ? 0 : records.length / recordSize;
  const given = one ? 1 : count;
  const round = [count, recordSize >> 2, given, schedule?.length ?? 0, turn];
  return [flags, answers, authorities, additionals, fixed.length, serialAt, ...round];
}

/** How many numbers follow the name. */
function sizeOf({ fixed, records, schedule }: StoredReply): number {
  return numbersOf(fixed.length) + numbersOf(records.length) + (schedule?.length ?? 0);
}

function writeReply(entries: Int32Array, at: number, { fixed, records, schedule }: StoredReply): void {
  writeBytes(entries, at, fixed);
  writeBytes(entries, at + numbersOf(fixed.length), records);
  if (schedule) entries.set(schedule, at + numbersOf(fixed.length) + numbersOf(records.length));
}
