import { type Cidr, cidrSize } from '../../model/index.ts';

/** An address that was assigned at least once. */
export interface AddressRecord {
  readonly address: number;
  /** False: it was freed at `sinceMs`. */
  readonly leased: boolean;
  /** Milliseconds since the epoch. */
  readonly sinceMs: number;
}

export interface ChooseFrom {
  readonly pool: Cidr;
  /** Part of the pool to choose from (`--ip-range`). */
  readonly range: Cidr;
  /** Of this pool. */
  readonly records: readonly AddressRecord[];
  /** Addresses freed after this time are still resting. */
  readonly restedBeforeMs: number;
}

export interface ChosenAddress {
  readonly address: number;
  /** False: it was freed a short time ago, because no other address is free. */
  readonly rested: boolean;
}

/** The lowest address that was never assigned, otherwise the one that was freed first; null when all are leased. */
export function chooseAddress({ pool, range, records, restedBeforeMs }: ChooseFrom): ChosenAddress | null {
  const known = new Set(records.map(({ address }) => address));
  const first = Math.max(firstOf(range), firstOf(pool) + 1);
  const last = Math.min(lastOf(range), lastOf(pool) - 1);
  for (let address = first; address <= last; address++) if (!known.has(address)) return { address, rested: true };
  const [longestFree] = records
    .filter(({ address, leased }) => !leased && address >= first && address <= last)
    .toSorted((a, b) => a.sinceMs - b.sinceMs || a.address - b.address);
  return longestFree ? { address: longestFree.address, rested: longestFree.sinceMs <= restedBeforeMs } : null;
}

/** Whether a container can use the address: it is inside the pool and not its network or broadcast address. */
export function isUsable(pool: Cidr, address: number): boolean {
  return address > firstOf(pool) && address < lastOf(pool);
}

function firstOf(cidr: Cidr): number {
  return Number(cidr.first);
}

function lastOf(cidr: Cidr): number {
  return Number(cidr.first + cidrSize(cidr) - 1n);
}
