import type { JsonValue } from '../../model/index.ts';
import type { Clock } from '../../system/index.ts';
import type { Bus, BusStatus, LeaderLock, Lease } from '../contract/bus.ts';
import type { HostLease } from './leases.ts';
import type { Claim } from './locks.ts';
import type { Space } from './space.ts';

export interface SpaceBusOptions {
  readonly driver: string;
  /** Called once if the bus held leases or locks when it closed: they last until their time to live has passed. */
  readonly onAbandoned: (expire: () => void) => void;
}

/** A bus over a space in this process. */
export function createSpaceBus(
  { space, clock }: { readonly space: Space; readonly clock: Clock },
  { driver, onAbandoned }: SpaceBusOptions,
): Bus {
  const closed = new AbortController();
  const leases = new Set<HostLease>();
  const claims = new Set<Claim>();
  let lastContactMs: number | null = null;
  let problem: string | null = null;

  /** Every call goes through here: it is refused after close, and its outcome becomes the status. */
  const use = <T>(work: () => T): T => {
    closed.signal.throwIfAborted();
    try {
      const result = work();
      lastContactMs = clock.now();
      problem = null;
      return result;
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
      throw error;
    }
  };
  const write = <T>(work: () => T): T => {
    const result = use(work);
    space.changed();
    return result;
  };
  const close = async (): Promise<void> => {
    if (closed.signal.aborted) return;
    closed.abort(new Error(`the ${driver} bus is closed`));
    if (leases.size === 0 && claims.size === 0) return;
    onAbandoned(() => {
      for (const holder of [...leases, ...claims]) holder.expire();
    });
  };

  return {
    join: async (hostId, signal) => {
      signal.throwIfAborted();
      const lease = use(() => space.leases.join(hostId));
      leases.add(lease);
      return leaseOf(lease, use, () => leases.delete(lease));
    },
    watch: (signal) => space.watch(AbortSignal.any([signal, closed.signal])),
    get: async (key) => use(() => space.documents.all().get(key) ?? null),
    list: async (prefix) => use(() => new Map([...space.documents.all()].filter(([key]) => key.startsWith(prefix)))),
    put: async (key, value, expect) => write(() => space.documents.put(key, jsonCopy(value), expect)),
    delete: async (key, expect) => write(() => space.documents.delete(key, expect)),
    lock: async (name, signal) => {
      const claim = await space.locks.acquire(name, AbortSignal.any([signal, closed.signal]));
      if (closed.signal.aborted) claim.release();
      closed.signal.throwIfAborted();
      claims.add(claim);
      return lockOf(name, claim, closed.signal, () => claims.delete(claim));
    },
    status: (): BusStatus => {
      const down = closed.signal.aborted ? 'closed' : problem;
      return { driver, connected: down === null, problem: down, lastContactMs };
    },
    close,
  };
}

function leaseOf(lease: HostLease, use: <T>(work: () => T) => T, onEnd: () => void): Lease {
  return {
    hostId: lease.hostId,
    lost: lease.lost,
    publish: async (changes) =>
      use(() => lease.publish(new Map([...changes].map(([key, fact]) => [key, jsonCopy(fact)])))),
    close: async () => {
      lease.leave();
      onEnd();
    },
  };
}

function lockOf(name: string, claim: Claim, closed: AbortSignal, onEnd: () => void): LeaderLock {
  return {
    name,
    fencing: claim.fencing,
    lost: AbortSignal.any([claim.lost, closed]),
    verify: async () => !closed.aborted && claim.holds(),
    release: async () => {
      claim.release();
      onEnd();
    },
  };
}

/** The value as other hosts see it: without what JSON drops, and independent of later changes to the caller's object. */
function jsonCopy(value: JsonValue): JsonValue {
  return JSON.parse(JSON.stringify(value)) as JsonValue;
}
