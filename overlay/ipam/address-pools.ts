import { ok, type Problem, problem, type Result } from '../../model/index.ts';
import type { Clock, Log } from '../../system/index.ts';
import { addressNumber } from './address-number.ts';
import { assignAny, assignExact, lease } from './assign-address.ts';
import { isUsable } from './choose-address.ts';
import { type CompareSettings, createLeaseComparison, type ListUsedAddresses } from './compare-leases.ts';
import type { LeaseStore } from './lease-store.ts';
import { badPool, findOverlap, parsePool } from './pool.ts';
import { createShortages } from './shortages.ts';

export interface PoolSettings extends CompareSettings {
  /** A freed address is not assigned again for so long, unless no other is free. */
  readonly restMs: number;
}

export interface AddressPools {
  requestPool(pool: string, range: string): Result<{ readonly id: string; readonly pool: string }>;
  releasePool(id: string): void;
  /** `address` empty: any. The result is `10.42.1.7/24`. */
  requestAddress(id: string, address: string, isGateway: boolean): Promise<Result<string>>;
  releaseAddress(id: string, address: string): void;
  /** Compares the leases with the addresses that Docker uses: learns the missing ones and frees the others. */
  reclaim(): Promise<void>;
  /** Pools that recently lacked addresses. */
  problems(): readonly Problem[];
}

export interface PoolDependencies {
  readonly store: LeaseStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly listUsed: ListUsedAddresses;
  /** Called when a pool begins to lack addresses. */
  readonly onShortage?: () => void;
}

export function createAddressPools(deps: PoolDependencies, settings: PoolSettings): AddressPools {
  const { store, clock } = deps;
  // Within one run, time only moves forward, even if the system clock is changed.
  const offset = clock.now() - clock.monotonic();
  const now = (): number => Math.round(offset + clock.monotonic());
  const { adopt, reclaim } = createLeaseComparison({ ...deps, now }, settings);
  const shortages = createShortages(now, settings.restMs, () => deps.onShortage?.());
  const assigning = { ...deps, now, reclaim, shortages };

  return {
    requestPool: (text, range) => {
      const id = range === '' ? text : `${text},${range}`;
      const pool = parsePool(id);
      if (!pool) return badPool(id);
      const other = findOverlap(pool, store.pools());
      if (other) return problem(`address pool ${text}`, `overlaps pool ${other}`, 'choose a subnet that overlaps none');
      store.addPool(pool.name);
      return ok({ id, pool: pool.name });
    },
    releasePool: (id) => {
      const pool = parsePool(id);
      if (pool) store.removePool(pool.name, now());
    },
    requestAddress: async (id, text, isGateway) => {
      const pool = parsePool(id);
      if (!pool) return badPool(id);
      await adopt(pool.name);
      if (text === '' && isGateway) return lease(assigning, pool, Number(pool.cidr.first) + 1);
      if (text === '') return assignAny(assigning, pool, settings);
      const address = addressNumber(text);
      if (address === null || !isUsable(pool.cidr, address))
        return problem(`address ${text}`, `is not a host address of ${pool.name}`, 'choose one inside the subnet');
      return isGateway ? lease(assigning, pool, address) : assignExact(assigning, pool, address, settings);
    },
    releaseAddress: (id, text) => {
      const pool = parsePool(id);
      const address = addressNumber(text);
      if (!pool || address === null) return;
      if (store.record(pool.name, address)?.leased) store.free(pool.name, address, now());
    },
    reclaim: async () => {
      for (const pool of store.pools()) await reclaim(pool);
    },
    problems: shortages.problems,
  };
}
