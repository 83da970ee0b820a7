import { hashOf } from './hash.ts';
import { type Packed, Table } from './table.ts';

export type OnRemove = (table: Table, entry: number) => void;

/**
 * A table that is bounded in bytes: two generations. When the newer one is full the older one is emptied and begins anew;
 * what is asked for meanwhile moves over, so that what nobody asks for is forgotten, and nothing ever has to be searched
 * for to be thrown away.
 */
export class Generations {
  current: Table;
  /** Null until the first one was full. */
  previous: Table | null = null;
  readonly #bytesEach: number;
  readonly #onRemove: OnRemove | null;

  /** `onRemove` is told of every entry that is not to be found any more. */
  constructor(maxBytes: number, onRemove: OnRemove | null) {
    this.#bytesEach = Math.floor(maxBytes / 2);
    this.#onRemove = onRemove;
    this.current = new Table(this.#bytesEach);
  }

  get count(): number {
    return this.current.count + (this.previous?.count ?? 0);
  }

  get bytes(): number {
    return this.current.bytes + (this.previous?.bytes ?? 0);
  }

  /** The entry in `current`, where it is put if it was in the previous generation; 0: there is none. See `hashOf`. */
  find(mixed: number, owner: number, key: Int32Array, size: number): number {
    const hash = hashOf(mixed, owner);
    return this.current.find(hash, owner, key, size) || this.#findPrevious(hash, owner, key, size);
  }

  #findPrevious(hash: number, owner: number, key: Int32Array, size: number): number {
    const { previous } = this;
    if (previous === null || previous.count === 0) return 0;
    const theirs = previous.find(hash, owner, key, size);
    if (theirs === 0) return 0;
    const entry = this.current.adopt(previous, theirs);
    // Without room it is what the turn does away with.
    if (entry === 0) this.#turn();
    else previous.remove(theirs);
    return entry;
  }

  /** 0 when it is too large for the table. */
  insert(packed: Packed): number {
    const entry = this.current.insert(packed);
    if (entry !== 0) return entry;
    this.#turn();
    return this.current.insert(packed);
  }

  /** `dependency` is a hash. */
  invalidate(dependency: number): void {
    for (const table of [this.current, this.previous]) {
      table?.invalidate(dependency, (entry) => this.#onRemove?.(table, entry));
    }
  }

  clear(): void {
    this.current.clear();
    this.previous?.clear();
  }

  #turn(): void {
    const oldest = this.previous ?? new Table(this.#bytesEach);
    if (this.#onRemove) for (const entry of oldest.slots) if (entry !== 0) this.#onRemove(oldest, entry);
    oldest.clear();
    this.previous = this.current;
    this.current = oldest;
  }
}
