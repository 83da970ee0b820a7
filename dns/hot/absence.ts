import { OPEN_NAMES } from '../../view/index.ts';
import type { Asker, Change, NameSource } from '../query/name-source.ts';
import { wireName } from './canonical-query.ts';
import { HashSet } from './hash-set.ts';
import { createNameHasher, isPlainByte } from './name-hash.ts';
import type { Negative, Negatives } from './negatives.ts';

/** A zone in wire form, lower case, with the "no" that is said for all of it. */
interface Zone {
  readonly bytes: Uint8Array;
  readonly negative: Negative | null;
}

/** Names that are hashed at once, between two batches of queries. */
const STEP = 128;
/** So many names more than there were may have gone again. */
const SPARE = 4_096;

const UNDERSCORE = OPEN_NAMES.firstLetter.charCodeAt(0);

/**
 * Knows of every name that may exist in our zones that it may, by its hash, so that what is asked for at random there, names
 * outside with a search domain behind them most of all, is refused without a look at the state. Names that have gone stay for
 * a while: then the state is asked.
 */
export class Absence<A extends Asker> {
  readonly #source: Pick<NameSource<A>, 'closed'>;
  readonly #negatives: Negatives;
  readonly #hasher: ReturnType<typeof createNameHasher>;
  /** Longest first; empty: nothing is certain. */
  #zones: readonly Zone[] = [];
  /** Null until all names were hashed. */
  #names: HashSet | null = null;
  #namesAtFirst = 0;
  /** Being filled, to take the place of `#names`. */
  #next: HashSet | null = null;
  #unread: Iterator<string> = [].values();
  /** Where the labels of a name begin. */
  readonly #starts = new Int32Array(128);
  readonly #openFirst = labelOf(OPEN_NAMES.firstLabel);
  readonly #openLast = labelOf(OPEN_NAMES.lastLabel);

  /** `seed`: of the hashes of names. */
  constructor(source: Pick<NameSource<A>, 'closed'>, negatives: Negatives, seed: number) {
    this.#source = source;
    this.#negatives = negatives;
    this.#hasher = createNameHasher(seed);
  }

  changed(change: Change): void {
    const { closed } = this.#source;
    if (!closed) return;
    if (change === 'everything') {
      this.#zones = zonesOf(closed.zones(), this.#negatives);
      this.#names = null;
      this.#begin();
    } else {
      for (const key of change) for (const name of closed.namesByChange(key)) this.#add(name);
      if (this.#names && this.#names.size > this.#namesAtFirst * 2 + SPARE && !this.#next) this.#begin();
    }
  }

  /** Names only this asker has. */
  know({ ownNames = [] }: A): void {
    for (const name of ownNames) this.#add(name);
  }

  /** Goes on with what is still to be hashed; true when nothing is. */
  step(): boolean {
    for (let n = 0; this.#next && n < STEP; n += 1) {
      const { value, done } = this.#unread.next();
      if (done) this.#complete(this.#next);
      else this.#add(value);
    }
    return this.#next === null;
  }

  /**
   * The "no" for a name that certainly does not exist, null for any other. `key`, `nameSize` and `mixed` as the loop found
   * them.
   */
  negativeFor(key: Int32Array, nameSize: number, mixed: number): Negative | null {
    if (this.#names === null || this.#names.has(mixed)) return null;
    const labels = this.#labelsOf(key, nameSize);
    if (labels === 0) return null;
    for (const { bytes, negative } of this.#zones) {
      const start = nameSize - bytes.length;
      if (start <= 0 || !isAt(key, start, bytes)) continue;
      let label = labels - 1;
      while (label > 0 && this.#starts[label] !== start) label -= 1;
      if (label > 0) return this.#isOpen(key, label) ? null : negative;
    }
    return null;
  }

  /** How many labels the name has; 0 for one that has its own ways as text. */
  #labelsOf(key: Int32Array, nameSize: number): number {
    let labels = 0;
    let left = 0;
    for (let at = 0; at < nameSize - 1; at += 1) {
      const byte = byteAt(key, at);
      if (left === 0) {
        this.#starts[labels] = at;
        labels += 1;
        left = byte;
      } else {
        if (!isPlainByte(byte)) return 0;
        left -= 1;
      }
    }
    return labels;
  }

  /** Whether a name with so many labels before the zone may exist though nobody bears it. */
  #isOpen(key: Int32Array, labels: number): boolean {
    const last = this.#starts[labels - 1] as number;
    return byteAt(key, 1) === UNDERSCORE || isAt(key, 0, this.#openFirst) || isAt(key, last, this.#openLast);
  }

  #begin(): void {
    const { closed } = this.#source;
    this.#next = new HashSet();
    this.#unread = closed?.names()[Symbol.iterator]() ?? [].values();
    // One zone may lie in another.
    for (const zone of closed?.zones() ?? []) this.#add(zone);
  }

  #complete(names: HashSet): void {
    this.#names = names;
    this.#namesAtFirst = names.size;
    this.#next = null;
    this.#unread = [].values();
  }

  #add(name: string): void {
    const hash = this.#hasher.hash(name);
    if (hash === null) return;
    this.#names?.add(hash);
    this.#next?.add(hash);
  }
}

function zonesOf(zones: readonly string[], negatives: Negatives): readonly Zone[] {
  return zones
    .flatMap((zone) => {
      const bytes = wireName(zone);
      return bytes ? [{ bytes, negative: negatives.of(zone) }] : [];
    })
    .sort((a, b) => b.bytes.length - a.bytes.length);
}

function labelOf(text: string): Uint8Array {
  return Buffer.from([text.length, ...Buffer.from(text, 'latin1')]);
}

function isAt(key: Int32Array, at: number, bytes: Uint8Array): boolean {
  for (let n = 0; n < bytes.length; n += 1) if (byteAt(key, at + n) !== bytes[n]) return false;
  return true;
}

function byteAt(key: Int32Array, at: number): number {
  return ((key[at >> 2] as number) >>> ((at & 3) * 8)) & 0xff;
}
