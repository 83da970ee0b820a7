import { ok, problem, type Result } from '../../model/index.ts';
import type { Clock } from '../../system/index.ts';
import { addressText } from './address-number.ts';
import { type ChosenAddress, chooseAddress } from './choose-address.ts';
import type { ListUsedAddresses } from './compare-leases.ts';
import type { LeaseStore } from './lease-store.ts';
import type { Pool } from './pool.ts';
import { exhausted, type Shortages } from './shortages.ts';

export interface AssignDependencies {
  readonly store: LeaseStore;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly listUsed: ListUsedAddresses;
  /** Milliseconds since the epoch, never going back. */
  readonly now: () => number;
  /** Frees the leases of a pool that Docker no longer has. */
  readonly reclaim: (pool: string) => Promise<void>;
  readonly shortages: Shortages;
}

/** Leases an address without further checks. The result is `10.42.1.7/24`. */
export function lease(
  { store, now }: Pick<AssignDependencies, 'store' | 'now'>,
  { name, cidr }: Pool,
  address: number,
): Result<string> {
  store.lease(name, address, now());
  return ok(`${addressText(address)}/${cidr.prefixLength}`);
}

/**
 * Any free address of the pool's range. Resting is a preference: if none was free for `restMs`, the one that was freed first is
 * assigned. Otherwise a few containers that crash again and again would use up a small pool.
 */
export async function assignAny(
  deps: AssignDependencies,
  pool: Pool,
  { restMs }: { readonly restMs: number },
): Promise<Result<string>> {
  const { store, now, shortages } = deps;
  const choose = (): ChosenAddress | null =>
    chooseAddress({
      pool: pool.cidr,
      range: pool.range,
      records: store.records(pool.name),
      restedBeforeMs: now() - restMs,
    });
  let chosen = choose();
  if (chosen === null) {
    await deps.reclaim(pool.name);
    chosen = choose();
  }
  if (!chosen?.rested) shortages.add(pool.range.text, chosen === null ? 'exhausted' : 'unrested');
  if (chosen !== null) return lease(deps, pool, chosen.address);
  return { ok: false, problem: exhausted(pool.range.text) };
}

/**
 * One address by number. A freed address can be assigned at once, because the request is intended. A leased one can be
 * assigned if Docker no longer uses it, because Docker does not release addresses when it crashes.
 */
export async function assignExact(
  deps: AssignDependencies,
  pool: Pool,
  address: number,
  { settleMs }: { readonly settleMs: number },
): Promise<Result<string>> {
  const { store, clock, listUsed, now } = deps;
  for (;;) {
    const known = store.record(pool.name, address);
    if (!known?.leased) return lease(deps, pool, address);
    const settlesInMs = known.sinceMs + settleMs - now();
    if (settlesInMs > 0) await clock.sleep(settlesInMs);
    const used = await listUsed(pool.name);
    // Another request may have leased the address in the meantime.
    if (store.record(pool.name, address)?.sinceMs !== known.sinceMs) continue;
    const text = addressText(address);
    if (used && !used.has(text)) return lease(deps, pool, address);
    return problem(
      `address ${text}`,
      used ? 'is in use by another container' : 'is leased, and Docker cannot list the addresses in use',
      'choose another address, or remove the container that has it',
    );
  }
}
