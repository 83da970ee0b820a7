import type { Clock, Log } from '../../system/index.ts';
import type { Bus, FactKey } from '../contract/bus.ts';
import { createDocuments } from './documents/documents.ts';
import { keysOf } from './layout/keys.ts';
import { type ConsulLease, takeLease } from './lease/lease.ts';
import { acquireLock } from './lease/lock.ts';
import { createReplica } from './read/replica.ts';
import { createSessionTakeover } from './sweep/session-takeover.ts';
import { runSweeps } from './sweep/sweep.ts';
import { createConnection } from './wire/connection.ts';
import { createContact } from './wire/contact.ts';
import { createConsulApi } from './wire/create-api.ts';
import { type ConsulOptions, consulSchema } from './wire/schema.ts';

export interface ConsulDependencies {
  readonly clock: Clock;
  readonly log: Log;
  /**
   * Whether another host answers our liveness probes (`Liveness.hears`). A host that cannot reach Consul keeps its lease
   * while it answers the probes of a host that can.
   */
  readonly hears?: (hostId: string) => boolean;
  /** Whether a fact of this host is true only while the host reaches Consul, such as a vote about another host's container. */
  readonly isTransient?: (key: FactKey, hostId: string) => boolean;
}

/** The bus over Consul. Throws on wrong options, never because Consul is unreachable. */
export function createConsulBus(
  { clock, log, hears = () => false, isTransient = () => false }: ConsulDependencies,
  options: ConsulOptions,
): Bus {
  const settings = consulSchema.parse(options);
  const { sessionTtlSeconds: ttlSeconds, sessionFile } = settings;
  const closing = new AbortController();
  const closed = closing.signal;
  const contact = createContact({ clock, log });
  const connection = createConnection(settings);
  const api = createConsulApi({ connection, contact }, closed);
  const keys = keysOf(settings.namespace, settings.environment);
  const leases = new Set<ConsulLease>();
  const lease = (): ConsulLease | null => [...leases].findLast((one) => !one.ended()) ?? null;
  const takeover = createSessionTakeover({
    ...{ api, keys, log, hears, lease, isTransient },
    factsWith: (record) => replica.factsWith(record),
  });
  const replica = createReplica({
    api,
    keys,
    contact,
    clock,
    log,
    onExpired: (record) => void takeover.takeOver(record),
  });
  let reading: Promise<unknown> | null = null;
  let closure: Promise<void> | null = null;

  const startReading = (): void => {
    const sweeping = { api, keys, replica, takeover, lease, clock, log };
    reading ??= Promise.all([replica.run(closed), runSweeps(sweeping, closed)]);
  };
  const close = async (): Promise<void> => {
    closing.abort(new Error('the Consul bus is closed'));
    await Promise.all([reading, ...[...leases].map(({ session }) => session.end('leave'))]);
    connection.close();
  };
  return {
    join: async (hostId, signal) => {
      signal.throwIfAborted();
      const taken = new Set([...leases].map(({ session }) => session.id));
      const made = await takeLease({ api, keys, clock, log }, { hostId, ttlSeconds, sessionFile, taken, closed });
      for (const old of leases) if (old.ended()) leases.delete(old);
      leases.add(made);
      return made;
    },
    watch: (signal) => {
      if (!closed.aborted) startReading();
      return replica.watch(AbortSignal.any([signal, closed]));
    },
    ...createDocuments({ api, keys }),
    lock: (name, signal) =>
      acquireLock({ api, clock, log }, { name, key: keys.lock(name), ttlSeconds, signal, closed }),
    status: () => (closed.aborted ? { ...contact.status(), connected: false, problem: 'closed' } : contact.status()),
    close: () => {
      closure ??= close();
      return closure;
    },
  };
}
