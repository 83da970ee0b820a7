import type { Clock } from '../../system/index.ts';
import type { Bus } from '../bus.ts';
import { createMemoryTable, createSpace, createSpaceBus, type Space } from '../space/index.ts';

export interface MemoryStoreOptions {
  /** How long facts and locks outlive a bus that was closed without withdrawing them, default 10 s. */
  readonly leaseTtlMs?: number;
}

/** What all hosts of an in-process bus share. Ends with the process: for tests and for trying out. */
export interface MemoryStore {
  /** One host's connection. */
  connect(options: { readonly environment: string }): Bus;
  /** Declares a host's lease dead, as a bus does that has not heard of it. */
  expireLease(environment: string, hostId: string): void;
  /** Declares the holder of a leader lock dead. */
  expireLock(environment: string, name: string): void;
  /** Ends its timers. Idempotent. */
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
    const space = spaces.get(environment) ?? createSpace(createMemoryTable());
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
