import type { Clock } from '../../system/index.ts';
import type { Bus } from '../contract/bus.ts';
import { createMemoryTable, createSpace, createSpaceBus, type Space } from '../space/index.ts';

export interface MemoryStoreOptions {
  /** How long facts and locks remain after a bus was closed without withdrawing them. Default 10 s. */
  readonly leaseTtlMs?: number;
}

/** The shared store of an in-process bus. It ends with the process, which suits tests and trials. */
export interface MemoryStore {
  /** One host's connection. */
  connect(options: { readonly environment: string }): Bus;
  /** Ends a host's lease as a bus does after its time to live. */
  expireLease(environment: string, hostId: string): void;
  /** Ends the claim on a leader lock as a bus does after its time to live. */
  expireLock(environment: string, name: string): void;
  /** Stops all timers. Idempotent. */
  close(): Promise<void>;
}

export function createMemoryStore(
  { clock }: { readonly clock: Clock },
  { leaseTtlMs = 10_000 }: MemoryStoreOptions = {},
): MemoryStore {
  const closed = new AbortController();
  const spaces = new Map<string, Space>();
  const timers = new Set<Promise<void>>();

  const spaceOf = (environment: string): Space => {
    const space = spaces.get(environment) ?? createSpace(clock, createMemoryTable());
    spaces.set(environment, space);
    return space;
  };
  const onAbandoned = (expire: () => void): void => {
    const timer = clock.sleep(leaseTtlMs, closed.signal).then(expire, () => {});
    timers.add(timer);
    void timer.finally(() => timers.delete(timer));
  };
  return {
    connect: ({ environment }) =>
      createSpaceBus({ space: spaceOf(environment), clock }, { driver: 'memory', onAbandoned }),
    expireLease: (environment, hostId) => spaceOf(environment).leases.expire(hostId),
    expireLock: (environment, name) => spaceOf(environment).locks.expire(name),
    close: async () => {
      closed.abort();
      await Promise.all(timers);
    },
  };
}
