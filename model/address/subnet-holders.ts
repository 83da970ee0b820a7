import type { Cidr } from './cidr.ts';

/** Holders by the first bits of a subnet. */
type Level = Map<number, Set<string>>;

/**
 * Who has which IPv4 subnets. Of two subnets that overlap one contains the other, so what an answer costs does not grow with the number of
 * subnets, but with the number of their lengths.
 */
export class SubnetHolders {
  /** The subnets, by their length. */
  readonly #at = new Map<number, Level>();
  /** By a length that was asked for: the holders of longer subnets in each range of that length. */
  readonly #inside = new Map<number, Level>();

  add({ first, prefixLength }: Cidr, holder: string): void {
    const number = Number(first);
    addTo(levelOf(this.#at, prefixLength), bitsOf(number, prefixLength), holder);
    for (const [length, level] of this.#inside) if (length < prefixLength) addTo(level, bitsOf(number, length), holder);
  }

  /** The holder of an address of this subnet, other than `except`. Null: there is none. */
  holderOf({ first, prefixLength }: Cidr, except: string | null = null): string | null {
    const number = Number(first);
    let hasLonger = false;
    for (const [length, level] of this.#at) {
      if (length > prefixLength) hasLonger = true;
      else {
        const found = otherThan(except, level.get(bitsOf(number, length)));
        if (found !== null) return found;
      }
    }
    return hasLonger ? otherThan(except, this.#insideOf(prefixLength).get(bitsOf(number, prefixLength))) : null;
  }

  #insideOf(prefixLength: number): Level {
    const known = this.#inside.get(prefixLength);
    if (known) return known;
    const made = levelOf(this.#inside, prefixLength);
    for (const [length, level] of this.#at)
      if (length > prefixLength)
        for (const [bits, holders] of level)
          for (const holder of holders) addTo(made, Math.floor(bits / 2 ** (length - prefixLength)), holder);
    return made;
  }
}

function levelOf(levels: Map<number, Level>, length: number): Level {
  const known = levels.get(length);
  if (known) return known;
  const made: Level = new Map();
  levels.set(length, made);
  return made;
}

function addTo(level: Level, bits: number, holder: string): void {
  const holders = level.get(bits);
  if (holders) holders.add(holder);
  else level.set(bits, new Set([holder]));
}

function otherThan(except: string | null, holders: ReadonlySet<string> = new Set()): string | null {
  for (const holder of holders) if (holder !== except) return holder;
  return null;
}

function bitsOf(first: number, length: number): number {
  return Math.floor(first / 2 ** (32 - length));
}
