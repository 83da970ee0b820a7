import { spread } from './hash.ts';

const SMALLEST = 256;

/** A set of 32-bit numbers in a flat table. */
export class HashSet {
  /** 0 is an empty place, and stands for nothing else: the number 0 is kept as 1. */
  #places = new Int32Array(SMALLEST);
  size = 0;

  has(hash: number): boolean {
    return this.#places[this.#placeOf(hash || 1)] !== 0;
  }

  add(hash: number): void {
    const place = this.#placeOf(hash || 1);
    if (this.#places[place] !== 0) return;
    this.#places[place] = hash || 1;
    this.size += 1;
    if (this.size * 2 > this.#places.length) this.#grow();
  }

  /** Where the number is, or where it would be put. */
  #placeOf(hash: number): number {
    const places = this.#places;
    const mask = places.length - 1;
    let place = spread(hash) & mask;
    while (places[place] !== 0 && places[place] !== hash) place = (place + 1) & mask;
    return place;
  }

  #grow(): void {
    const before = this.#places;
    this.#places = new Int32Array(before.length * 4);
    for (const hash of before) if (hash !== 0) this.#places[this.#placeOf(hash)] = hash;
  }
}
