import type { Clock, Log } from '../../system/index.ts';
import type { Bus } from '../bus.ts';
import { createConsulApi } from './api.ts';
import { createConnection } from './connection.ts';
import { createContact } from './contact.ts';
import { createDocuments } from './documents.ts';
import { keysOf } from './keys.ts';
import { type ConsulLease, takeLease } from './lease.ts';
import { acquireLock } from './lock.ts';
import { createMirror } from './mirror.ts';
import { type ConsulOptions, consulSchema } from './schema.ts';
import { sweepForEver } from './sweep.ts';
import { createVoucher } from './voucher.ts';
import { watchMirror } from './watch.ts';

export interface ConsulDependencies {
  readonly clock: Clock;
  readonly log: Log;
  /**
   * Whether this host hears another host directly (`Liveness.hears`). A host that is cut from Consul only keeps its place
   * as long as somebody who is not hears it.
   */
  readonly hears?: (hostId: string) => boolean;
}

/** The bus over Consul. Throws on options that are wrong; never because Consul is away. */
export function createConsulBus({ clock, log, hears = () => false }: ConsulDependencies, options: ConsulOptions): Bus {
  const settings = consulSchema.parse(options);
  const { sessionTtlSeconds: ttlSeconds, sessionFile } = settings;
  const closing = new AbortController();
  const closed = closing.signal;
  const contact = createContact({ clock, log });
  const connection = createConnection(settings);
  const api = createConsulApi({ connection, contact }, closed);
  const keys = keysOf(settings.namespace, settings.environment);
  const documents = createDocuments({ api, keys });
  const leases = new Set<ConsulLease>();
  const lease = (): ConsulLease | null => [...leases].findLast((one) => !one.ended()) ?? null;
  const voucher = createVoucher({ api, keys, log, hears, lease });
  const mirror = createMirror({ api, keys, contact, clock, log, onExpired: (notice) => void voucher.vouch(notice) });
  let reading: Promise<unknown> | null = null;
  let closure: Promise<void> | null = null;

  const startReading = (): void => {
    reading ??= Promise.all([
      mirror.run(closed),
      sweepForEver({ api, keys, mirror, voucher, lease, clock, log }, closed),
    ]);
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
      return watchMirror(mirror, AbortSignal.any([signal, closed]));
    },
    ...documents,
    lock: (name, signal) =>
      acquireLock({ api, clock, log }, { name, key: keys.lock(name), ttlSeconds, signal, closed }),
    status: () => (closed.aborted ? { ...contact.status(), connected: false, problem: 'closed' } : contact.status()),
    close: () => {
      closure ??= close();
      return closure;
    },
  };
}
