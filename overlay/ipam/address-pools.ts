import { type Cidr, cidrHolds, cidrsOverlap, ok, parseIpv4Cidr, problem, type Result } from '../../model/index.ts';
import type { Clock, Log } from '../../system/index.ts';
import { addressNumber, addressText } from './address-number.ts';
import { chooseAddress, isUsable } from './choose-address.ts';
import type { LeaseStore } from './lease-store.ts';

/**
 * Every address Docker's networks in a pool hold now (endpoints, gateways, auxiliary addresses); null when that is not known
 * completely, then nothing is taken back.
 */
export type ListUsedAddresses = (pool: string) => Promise<ReadonlySet<string> | null>;

export interface PoolSettings {
  readonly restMs: number;
  /** A lease younger than this may belong to a container that is being made: Docker does not list its endpoint yet. */
  readonly settleMs: number;
  /** How long a lease may be missing in Docker's list before it is taken back. */
  readonly orphanMs: number;
}

/** A pool as Docker names it to us: `10.42.1.0/24`, or with the part to hand out `10.42.1.0/24,10.42.1.128/25`. */
interface Pool {
  readonly name: string;
  readonly cidr: Cidr;
  readonly range: Cidr;
}

export interface AddressPools {
  requestPool(pool: string, range: string): Result<{ readonly id: string; readonly pool: string }>;
  releasePool(id: string): void;
  /** `address` empty: any. The result is `10.42.1.7/24`. */
  requestAddress(id: string, address: string, isGateway: boolean): Promise<Result<string>>;
  releaseAddress(id: string, address: string): void;
  /** Compares with what Docker holds: takes back what it does not, learns what it does. */
  reclaim(): Promise<void>;
}

export function createAddressPools(
  { store, clock, log, listUsed }: { store: LeaseStore; clock: Clock; log: Log; listUsed: ListUsedAddresses },
  { restMs, settleMs, orphanMs }: PoolSettings,
): AddressPools {
  // Within one run time only moves forward, whatever happens to the wall clock.
  const offset = clock.now() - clock.monotonic();
  const now = (): number => Math.round(offset + clock.monotonic());
  const missingSince = new Map<string, number>();

  const lease = ({ name, cidr }: Pool, address: number): Result<string> => {
    store.lease(name, address, now());
    return ok(`${addressText(address)}/${cidr.prefixLength}`);
  };

  /** What Docker holds and we do not know, such as after our file was lost. */
  const learn = (pool: string, used: ReadonlySet<string>, listedAtMs: number): void => {
    const cidr = parseIpv4Cidr(pool);
    for (const text of used) {
      const address = addressNumber(text);
      if (!cidr || address === null || !isUsable(cidr, address)) continue;
      const known = store.record(pool, address);
      if (known?.leased || (known && known.sinceMs >= listedAtMs)) continue;
      store.lease(pool, address, now());
      log.warn({ pool, address: text }, 'learned a lease from Docker');
    }
  };

  const knowPool = async ({ name }: Pool): Promise<void> => {
    if (store.hasPool(name)) return;
    const listedAtMs = now();
    const used = await listUsed(name);
    if (used) learn(name, used, listedAtMs);
    else log.warn({ pool: name }, 'a pool we do not know, and Docker cannot say which of its addresses are used');
    store.addPool(name);
  };

  const takeAny = async (pool: Pool): Promise<Result<string>> => {
    const choose = () =>
      chooseAddress({
        pool: pool.cidr,
        range: pool.range,
        records: store.records(pool.name),
        restedBeforeMs: now() - restMs,
      });
    let address = choose();
    if (address === null) {
      await reclaimPool(pool.name);
      address = choose();
    }
    if (address !== null) return lease(pool, address);
    const leased = store.records(pool.name).filter((record) => record.leased).length;
    return problem(
      `address pool ${pool.range.text}`,
      `exhausted: ${leased} addresses are in use, the others were freed less than ${restMs / 1000} s ago`,
      'stop containers or wait; a larger subnet per host is set by the managed network prefix length',
    );
  };

  /** An address somebody asked for by number is not made to wait: resting protects from chance, not from intent. */
  const takeExact = async (pool: Pool, address: number, isGateway: boolean): Promise<Result<string>> => {
    if (isGateway) return lease(pool, address);
    for (;;) {
      const known = store.record(pool.name, address);
      if (!known?.leased) return lease(pool, address);
      // The holder may be gone without a word (dockerd was killed): only Docker's list says, once it had time to show.
      const showsInMs = known.sinceMs + settleMs - now();
      if (showsInMs > 0) await clock.sleep(showsInMs);
      const used = await listUsed(pool.name);
      const text = addressText(address);
      if (store.record(pool.name, address)?.sinceMs !== known.sinceMs) continue;
      if (used && !used.has(text)) return lease(pool, address);
      return problem(
        `address ${text}`,
        used ? 'is in use by another container' : 'is leased, and Docker cannot say whether its holder still exists',
        'choose another address, or remove the container that has it',
      );
    }
  };

  const reclaimPool = async (pool: string): Promise<void> => {
    const listedAtMs = now();
    const used = await listUsed(pool);
    if (!used) return;
    learn(pool, used, listedAtMs);
    for (const { address, leased, sinceMs } of store.records(pool)) {
      const text = addressText(address);
      if (!leased || used.has(text) || sinceMs > listedAtMs - settleMs) {
        missingSince.delete(text);
        continue;
      }
      const since = missingSince.get(text) ?? listedAtMs;
      missingSince.set(text, since);
      if (listedAtMs - since < orphanMs) continue;
      missingSince.delete(text);
      store.free(pool, address, now());
      log.warn({ pool, address: text }, 'took back an address that no endpoint holds');
    }
  };

  return {
    requestPool: (text, range) => {
      const id = range === '' ? text : `${text},${range}`;
      const pool = parsePool(id);
      if (!pool) return badPool(id);
      const rival = store.pools().find((other) => other !== pool.name && overlapsText(other, pool.cidr));
      if (rival) return problem(`address pool ${text}`, `overlaps pool ${rival}`, 'choose a subnet that overlaps none');
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
      await knowPool(pool);
      if (text === '') return isGateway ? lease(pool, Number(pool.cidr.first) + 1) : takeAny(pool);
      const address = addressNumber(text);
      if (address === null || !isUsable(pool.cidr, address))
        return problem(`address ${text}`, `is no host address of ${pool.name}`, 'choose one inside the subnet');
      return takeExact(pool, address, isGateway);
    },
    releaseAddress: (id, text) => {
      const pool = parsePool(id);
      const address = addressNumber(text);
      if (!pool || address === null) return;
      if (store.record(pool.name, address)?.leased) store.free(pool.name, address, now());
    },
    reclaim: async () => {
      for (const pool of store.pools()) await reclaimPool(pool);
    },
  };
}

function parsePool(id: string): Pool | null {
  const [name = '', part, ...rest] = id.split(',');
  const cidr = parseIpv4Cidr(name);
  const range = part === undefined ? cidr : parseIpv4Cidr(part);
  if (!cidr || !range || rest.length > 0 || cidr.prefixLength > 30 || !cidrHolds(cidr, range)) return null;
  return { name, cidr, range };
}

function overlapsText(text: string, cidr: Cidr): boolean {
  const other = parseIpv4Cidr(text);
  return other !== null && cidrsOverlap(other, cidr);
}

function badPool(id: string): Result<never> {
  return problem(
    `address pool ${id || '(none)'}`,
    'is not an IPv4 subnet that can be shared out',
    'name one: docker network create --ipam-driver drover --subnet 10.42.1.0/24',
  );
}
