import type { JsonValue } from '../../model/index.ts';
import type { Clock } from '../../system/index.ts';
import type { Bus, BusStatus, LeaderLock, Lease } from '../bus.ts';
import type { Place } from './leases.ts';
import type { Claim } from './locks.ts';
import type { Space } from './space.ts';

export interface SpaceBusOptions {
  readonly driver: string;
  /** Called once for what this bus still held when it closed: hosts and locks outlive it by their time to live. */
  readonly onAbandoned: (expire: () => void) => void;
}

/** A bus on a space of this process. */
export function createSpaceBus(
  { space, clock }: { readonly space: Space; readonly clock: Clock },
  { driver, onAbandoned }: SpaceBusOptions,
): Bus {
  const closed = new AbortController();
  const places = new Set<Place>();
  const claims = new Set<Claim>();
  let lastContactMs: number | null = null;
  let problem: string | null = null;

  /** Every call goes through here: refused after close, and its outcome is what the status says. */
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
    closed.abort(new Error(`${driver} bus: it is closed`));
    if (places.size === 0 && claims.size === 0) return;
    onAbandoned(() => {
      for (const holder of [...places, ...claims]) holder.expire();
    });
  };

  return {
    join: async (hostId, signal) => {
      signal.throwIfAborted();
      const place = use(() => space.leases.join(hostId));
      places.add(place);
      return leaseOf(place, use, () => places.delete(place));
    },
    watch: (signal) => space.watch(AbortSignal.any([signal, closed.signal])),
    get: async (key) => use(() => space.documents.all().get(key) ?? null),
    list: async (prefix) => use(() => new Map([...space.documents.all()].filter(([key]) => key.startsWith(prefix)))),
    put: async (key, value, expect) => write(() => space.documents.put(key, wired(value), expect)),
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

function leaseOf(place: Place, use: <T>(work: () => T) => T, onEnd: () => void): Lease {
  return {
    hostId: place.hostId,
    lost: place.lost,
    publish: async (changes) =>
      use(() => place.publish(new Map([...changes].map(([key, fact]) => [key, wired(fact)])))),
    close: async () => {
      place.leave();
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

/** As a value looks to others: what JSON drops is dropped, and later changes of the caller's object reach nobody. */
function wired(value: JsonValue): JsonValue {
  return JSON.parse(JSON.stringify(value)) as JsonValue;
}
