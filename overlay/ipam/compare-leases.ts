import { parseIpv4Cidr } from '../../model/index.ts';
import type { Log } from '../../system/index.ts';
import { addressNumber, addressText } from './address-number.ts';
import { isUsable } from './choose-address.ts';
import type { LeaseStore } from './lease-store.ts';

/**
 * All addresses in a pool that Docker's networks use now (for containers, gateways, auxiliary addresses); null when the list may
 * be incomplete. Nothing is freed then.
 */
export type ListUsedAddresses = (pool: string) => Promise<ReadonlySet<string> | null>;

export interface CompareDependencies {
  readonly store: LeaseStore;
  readonly log: Log;
  readonly listUsed: ListUsedAddresses;
  /** Milliseconds since the epoch, never going back. */
  readonly now: () => number;
}

export interface CompareSettings {
  /** A younger lease may belong to a container that Docker is still creating and does not list yet. */
  readonly settleMs: number;
  /** A lease that is missing in Docker's list for so long is freed. */
  readonly orphanMs: number;
}

/** Compares the leases with the addresses that Docker uses. */
export interface LeaseComparison {
  /** Learns the leases of a pool that the file does not have yet. */
  adopt(pool: string): Promise<void>;
  /** Learns the leases that Docker has, and frees those that it no longer has. */
  reclaim(pool: string): Promise<void>;
}

export function createLeaseComparison(deps: CompareDependencies, settings: CompareSettings): LeaseComparison {
  const { store, log, listUsed, now } = deps;
  const missingSince = new Map<string, number>();
  return {
    adopt: async (pool) => {
      if (store.hasPool(pool)) return;
      const listedAtMs = now();
      const used = await listUsed(pool);
      if (used) learn(deps, pool, used, listedAtMs);
      else log.warn({ pool }, 'unknown address pool, and Docker cannot list the addresses in use');
      store.addPool(pool);
    },
    reclaim: async (pool) => {
      const listedAtMs = now();
      const used = await listUsed(pool);
      if (!used) return;
      learn(deps, pool, used, listedAtMs);
      for (const { address, leased, sinceMs } of store.records(pool)) {
        const text = addressText(address);
        const isMissing = leased && !used.has(text) && sinceMs <= listedAtMs - settings.settleMs;
        const since = missingSince.get(text) ?? listedAtMs;
        if (isMissing && listedAtMs - since < settings.orphanMs) {
          missingSince.set(text, since);
          continue;
        }
        missingSince.delete(text);
        if (!isMissing) continue;
        store.free(pool, address, now());
        log.warn({ pool, address: text }, 'freed an address that no container uses');
      }
    },
  };
}

/** Docker may use addresses that the file does not have, for example after the file was lost. */
function learn(
  { store, log, now }: CompareDependencies,
  pool: string,
  used: ReadonlySet<string>,
  listedAtMs: number,
): void {
  const cidr = parseIpv4Cidr(pool);
  for (const text of used) {
    const address = addressNumber(text);
    if (!cidr || address === null || !isUsable(cidr, address)) continue;
    const known = store.record(pool, address);
    // A record that is newer than the list is right.
    if (known?.leased || (known && known.sinceMs >= listedAtMs)) continue;
    store.lease(pool, address, now());
    log.warn({ pool, address: text }, 'learned a lease from Docker');
  }
}
