import { addressText } from '../query/address-number.ts';
import type { Asker, NameSource } from '../query/name-source.ts';

/** The asker is not known for certain. */
export const UNKNOWN = 0;
/** The scope of answers that all common askers get: those without names of their own that reach the managed network. */
export const EVERYBODY = 1;
/** Set beside the number of a scope whose askers get the answers of `EVERYBODY`. */
export const COMMON_BIT = 1 << 24;

/** Spoofed addresses must not fill the memory. */
const MAX_ADDRESSES = 32_768;
const MAX_SCOPES = 16_384;

export interface ScopesOptions<A extends Asker> {
  readonly source: Pick<NameSource<A>, 'known'>;
  /** Called for every address that was recognised. */
  readonly onKnown: (from: number, scope: number, asker: A) => void;
  /** Called when all numbers are in use, before they are given out again. */
  readonly onExhausted: () => void;
}

/** Askers by number: those with equal answers share a scope. An address keeps its scope until the next change. */
export class Scopes<A extends Asker> {
  readonly #options: ScopesOptions<A>;
  readonly #addresses = new Map<number, number>();
  readonly #numbers = new Map<string, number>();
  /** The newest asker of each scope. */
  readonly #askers = new Map<number, A>();

  constructor(options: ScopesOptions<A>) {
    this.#options = options;
  }

  /** The scope of an address, with `COMMON_BIT` where that holds; `UNKNOWN` if only the general path can find out. */
  of(from: number): number {
    return this.#addresses.get(from | 0) ?? this.#recognise(from >>> 0);
  }

  /** The asker of a scope that `of` has just returned, without the bit. */
  asker(scope: number): A | undefined {
    return this.#askers.get(scope);
  }

  /** The state has changed: every address is recognised again. */
  changed(): void {
    this.#addresses.clear();
  }

  #recognise(from: number): number {
    const asker = this.#options.source.known(addressText(from));
    if (asker === null) return UNKNOWN;
    const number = this.#numberOf(asker);
    this.#askers.set(number, asker);
    const scope = asker.isCommon ? number | COMMON_BIT : number;
    if (this.#addresses.size >= MAX_ADDRESSES) this.#addresses.clear();
    this.#addresses.set(from | 0, scope);
    this.#options.onKnown(from, scope, asker);
    return scope;
  }

  #numberOf({ key }: A): number {
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    if (this.#numbers.size >= MAX_SCOPES) {
      this.#options.onExhausted();
      this.#numbers.clear();
      this.#askers.clear();
      this.#addresses.clear();
    }
    const number = EVERYBODY + 1 + this.#numbers.size;
    this.#numbers.set(key, number);
    return number;
  }
}
