import type { Asker, NameSource } from '../query/name-source.ts';
import { addressText } from './address-number.ts';

/** Not certain who asks. */
export const NOBODY = 0;
/** What everybody gets who has no names of its own. */
export const EVERYBODY = 1;
/** Beside the number of a scope: whether what everybody gets is looked at first. */
export const COMMON_BIT = 1 << 24;

const CELLS = 65_536;
const MAX_ADDRESSES = CELLS / 2;
/** They are part of a number with the type. */
const MAX_SCOPES = 1 << 23;
const MAX_KEYS = 16_384;

/**
 * Who asks, by number: askers whose answers are alike have one scope. What was found for an address holds until the next
 * change.
 */
export class Scopes<A extends Asker> {
  /** Triples: address, the time it was recognised at, scope. */
  readonly #cells = new Int32Array(CELLS * 3);
  readonly #source: Pick<NameSource<A>, 'known'>;
  readonly #onScope: (from: number, scope: number, asker: A) => void;
  #numbers = new Map<string, number>();
  #askers = new Map<number, A>();
  #next = EVERYBODY + 1;
  #addresses = 0;
  #now = 1;

  /** `onScope` is told of every address that was recognised. */
  constructor(source: Pick<NameSource<A>, 'known'>, onScope: (from: number, scope: number, asker: A) => void) {
    this.#source = source;
    this.#onScope = onScope;
  }

  /** The scope of an address, with `COMMON_BIT` where that holds; `NOBODY` when only the general path can tell. */
  of(from: number): number {
    const cells = this.#cells;
    const address = from | 0;
    let cell = (Math.imul(address, 0x9e3779b1) >>> 16) * 3;
    for (;;) {
      const time = cells[cell + 1] as number;
      if (time === 0) break;
      if (cells[cell] === address) {
        if (time === this.#now) return cells[cell + 2] as number;
        break;
      }
      cell = cell + 3 === cells.length ? 0 : cell + 3;
    }
    return this.#recognise(address, cell);
  }

  /** The newest asker of a scope that `of` has just given, without the bit. */
  asker(scope: number): A | undefined {
    return this.#askers.get(scope);
  }

  /** Everybody is to be recognised anew. */
  changed(): void {
    this.#now += 1;
  }

  /** True: all scopes have been given out; nothing that was kept under one holds any more. */
  takeExhausted(): boolean {
    if (this.#next < MAX_SCOPES) return false;
    this.#next = EVERYBODY + 1;
    this.#forgetKeys();
    return true;
  }

  #recognise(address: number, cell: number): number {
    const asker = this.#source.known(addressText(address));
    if (asker === null) return NOBODY;
    const number = this.#numberOf(asker);
    this.#askers.set(number, asker);
    const scope = asker.isCommon ? number | COMMON_BIT : number;
    if (this.#cells[cell + 1] === 0) this.#addresses += 1;
    this.#cells[cell] = address;
    this.#cells[cell + 1] = this.#now;
    this.#cells[cell + 2] = scope;
    // Spoofed ones must not fill it.
    if (this.#addresses > MAX_ADDRESSES) this.#forgetAddresses();
    this.#onScope(address >>> 0, scope, asker);
    return scope;
  }

  #numberOf({ key }: A): number {
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    if (this.#numbers.size >= MAX_KEYS) this.#forgetKeys();
    const scope = this.#next;
    this.#next += 1;
    this.#numbers.set(key, scope);
    return scope;
  }

  #forgetAddresses(): void {
    this.#cells.fill(0);
    this.#addresses = 0;
  }

  /** The numbers are not given out again: what was kept under them is not found any more, and goes in time. */
  #forgetKeys(): void {
    this.#numbers = new Map();
    this.#askers = new Map();
    this.#forgetAddresses();
  }
}
