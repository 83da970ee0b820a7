import { spread } from './hash.ts';
import { DEAD, extentOf, RECORD, STRIDE } from './layout.ts';

/** What is put into a table; the numbers of the pool are made by `packEntry`. */
export interface Packed {
  readonly hash: number;
  readonly owner: number;
  /** Key and answer. */
  readonly numbers: Int32Array;
  /** Of `numbers`, those that are in use. */
  readonly size: number;
  readonly head: number;
  readonly fixed: number;
  readonly round: number;
  readonly turn: number;
  /** Hashes of what it depends on. */
  readonly dependencies: ArrayLike<number>;
}

/**
 * One generation of entries: an open-addressing table in typed arrays that is filled until it is full, and then emptied as
 * a whole. Entries are named by where their record begins; 0 is none. Removing one takes it out of the index; its bytes are
 * free again with the next emptying.
 */
export class Table {
  readonly slots: Int32Array;
  readonly records: Int32Array;
  readonly pool: Int32Array;
  readonly mask: number;
  /** Entries that can be found. */
  count = 0;
  readonly #buckets: Int32Array;
  /** Pairs: an entry, and the next link of its bucket. */
  readonly #links: Int32Array;
  #recordsEnd = STRIDE;
  #poolEnd = 0;
  #linksEnd = 2;
  #freeLink = 0;

  constructor(bytes: number) {
    const { slots, entries, buckets, links, poolNumbers } = extentOf(bytes);
    this.slots = new Int32Array(slots);
    this.mask = slots - 1;
    this.records = new Int32Array((entries + 1) * STRIDE);
    this.pool = new Int32Array(poolNumbers);
    this.#buckets = new Int32Array(buckets);
    this.#links = new Int32Array((links + 1) * 2);
  }

  /** Memory that has been written to. */
  get bytes(): number {
    const numbers = this.#recordsEnd + this.#poolEnd + this.#linksEnd;
    return 4 * (numbers + this.slots.length + this.#buckets.length);
  }

  /** The entry of this key, whose numbers are the first `size` of `key`. */
  find(hash: number, owner: number, key: Int32Array, size: number): number {
    const { slots, records, pool, mask } = this;
    let slot = spread(hash) & mask;
    for (let entry = slots[slot] as number; entry !== 0; entry = slots[slot] as number) {
      if (records[entry] === hash && records[entry + RECORD.owner] === owner) {
        const at = records[entry + RECORD.key] as number;
        let n = 0;
        while (n < size && pool[at + n] === key[n]) n += 1;
        if (n === size) return entry;
      }
      slot = (slot + 1) & mask;
    }
    return 0;
  }

  /** Puts what is not there yet; 0 when there is no room. */
  insert(packed: Packed): number {
    const { numbers, size, dependencies } = packed;
    const entry = this.#recordsEnd;
    const key = this.#poolEnd;
    const end = key + size + 1 + dependencies.length;
    if (entry + STRIDE > this.records.length || end > this.pool.length || !this.#hasLinks(dependencies.length))
      return 0;
    for (let n = 0; n < size; n += 1) this.pool[key + n] = numbers[n] as number;
    this.pool[key + size] = dependencies.length;
    for (let n = 0; n < dependencies.length; n += 1) this.pool[key + size + 1 + n] = dependencies[n] as number;
    const { hash, owner, head, fixed, round, turn } = packed;
    this.records.set([hash, owner, key, size, head, fixed, round, turn], entry);
    this.#enter(entry, end);
    return entry;
  }

  /** Takes an entry over from another table; 0 when there is no room. */
  adopt(other: Table, theirs: number): number {
    const entry = this.#recordsEnd;
    const key = this.#poolEnd;
    const from = other.records[theirs + RECORD.key] as number;
    const size = other.records[theirs + RECORD.size] as number;
    const dependencies = other.pool[from + size] as number;
    const end = key + size + 1 + dependencies;
    if (entry + STRIDE > this.records.length || end > this.pool.length || !this.#hasLinks(dependencies)) return 0;
    for (let n = 0; n < end - key; n += 1) this.pool[key + n] = other.pool[from + n] as number;
    for (let n = 0; n < STRIDE; n += 1) this.records[entry + n] = other.records[theirs + n] as number;
    this.records[entry + RECORD.key] = key;
    this.#enter(entry, end);
    return entry;
  }

  remove(entry: number): void {
    const { slots, records, mask } = this;
    let hole = spread(records[entry] as number) & mask;
    while (slots[hole] !== entry) hole = (hole + 1) & mask;
    // Whatever may stand in the hole moves there, so that nothing is searched for in vain.
    for (let slot = (hole + 1) & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const home = spread(records[slots[slot] as number] as number) & mask;
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
      slots[hole] = slots[slot] as number;
      hole = slot;
    }
    slots[hole] = 0;
    records[entry + RECORD.owner] = DEAD;
    this.count -= 1;
  }

  /** Removes all entries that depend on it, each told first; `dependency` is a hash. */
  invalidate(dependency: number, tell: (entry: number) => void): void {
    const links = this.#links;
    const bucket = this.#bucketOf(dependency);
    let before = 0;
    for (let link = this.#buckets[bucket] as number; link !== 0; ) {
      const entry = links[link] as number;
      const next = links[link + 1] as number;
      if (!this.#isDead(entry) && this.#dependsOn(entry, dependency)) {
        tell(entry);
        this.remove(entry);
      }
      if (this.#isDead(entry)) {
        if (before === 0) this.#buckets[bucket] = next;
        else links[before + 1] = next;
        this.#free(link);
      } else {
        before = link;
      }
      link = next;
    }
  }

  clear(): void {
    if (this.#recordsEnd === STRIDE) return;
    this.slots.fill(0);
    this.#buckets.fill(0);
    this.#recordsEnd = STRIDE;
    this.#poolEnd = 0;
    this.#linksEnd = 2;
    this.#freeLink = 0;
    this.count = 0;
  }

  #enter(entry: number, poolEnd: number): void {
    this.#recordsEnd = entry + STRIDE;
    this.#poolEnd = poolEnd;
    const at = (this.records[entry + RECORD.key] as number) + (this.records[entry + RECORD.size] as number);
    const dependencies = this.pool[at] as number;
    for (let n = 1; n <= dependencies; n += 1) this.#link(entry, this.pool[at + n] as number);
    let slot = spread(this.records[entry] as number) & this.mask;
    while (this.slots[slot] !== 0) slot = (slot + 1) & this.mask;
    this.slots[slot] = entry;
    this.count += 1;
  }

  /** The dead at the head of the bucket make room first: what changes often leaves no chain behind. */
  #link(entry: number, dependency: number): void {
    const links = this.#links;
    const bucket = this.#bucketOf(dependency);
    let head = this.#buckets[bucket] as number;
    while (head !== 0 && this.#isDead(links[head] as number)) {
      const next = links[head + 1] as number;
      this.#free(head);
      head = next;
    }
    const link = this.#freeLink !== 0 ? this.#freeLink : this.#linksEnd;
    if (link === this.#freeLink) this.#freeLink = links[link + 1] as number;
    else this.#linksEnd += 2;
    links[link] = entry;
    links[link + 1] = head;
    this.#buckets[bucket] = link;
  }

  #free(link: number): void {
    this.#links[link + 1] = this.#freeLink;
    this.#freeLink = link;
  }

  #hasLinks(count: number): boolean {
    return this.#linksEnd + count * 2 <= this.#links.length;
  }

  #bucketOf(dependency: number): number {
    return spread(dependency) & (this.#buckets.length - 1);
  }

  #isDead(entry: number): boolean {
    return this.records[entry + RECORD.owner] === DEAD;
  }

  #dependsOn(entry: number, dependency: number): boolean {
    const at = (this.records[entry + RECORD.key] as number) + (this.records[entry + RECORD.size] as number);
    const count = this.pool[at] as number;
    for (let n = 1; n <= count; n += 1) if (this.pool[at + n] === dependency) return true;
    return false;
  }
}
