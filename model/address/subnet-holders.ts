import type { Cidr } from './cidr.ts';

/**
 * Who has which IPv4 subnets. Of two subnets that overlap one contains the other, so what an answer costs does not grow with the number of
 * subnets.
 */
export class SubnetHolders {
  readonly #at = new Map<number, Set<string>>();
  /** By a subnet: the holders of those in it. */
  readonly #inside = new Map<number, Set<string>>();

  add(subnet: Cidr, holder: string): void {
    addTo(this.#at, keyOf(subnet), holder);
    for (const key of keysAround(subnet)) addTo(this.#inside, key, holder);
  }

  /** The holder of an address of this subnet, other than `except`. Null: there is none. */
  holderOf(subnet: Cidr, except: string | null = null): string | null {
    const found = [...keysAround(subnet).map((key) => this.#at.get(key)), this.#inside.get(keyOf(subnet))];
    for (const holders of found) for (const holder of holders ?? []) if (holder !== except) return holder;
    return null;
  }
}

function addTo(map: Map<number, Set<string>>, key: number, holder: string): void {
  const holders = map.get(key);
  if (holders) holders.add(holder);
  else map.set(key, new Set([holder]));
}

/** The subnet itself, and every one that contains it. */
function keysAround(subnet: Cidr): readonly number[] {
  return Array.from({ length: subnet.prefixLength + 1 }, (_, length) => keyOf(subnet, length));
}

/** A number for the range of this prefix length around the first address of the subnet. */
function keyOf({ first, prefixLength }: Cidr, length = prefixLength): number {
  return Math.floor(Number(first) / 2 ** (32 - length)) * 64 + length;
}
