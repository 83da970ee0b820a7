import type { Log } from '../../../system/index.ts';
import { hostGroup, type Keys } from '../layout/keys.ts';
import { bump } from '../layout/publication.ts';
import type { ConsulLease } from '../lease/lease.ts';
import type { ConsulApi, Entry } from '../wire/api.ts';

export interface SessionTakeoverDependencies {
  readonly api: ConsulApi;
  readonly keys: Keys;
  readonly log: Log;
  /** Whether the host answers our liveness probes. */
  readonly hears: (hostId: string) => boolean;
  /** The lease of our own host, null while there is none. */
  readonly lease: () => ConsulLease | null;
}

/** Keeps hosts whose session has expired but that answer our probes: our session locks their host record. */
export interface SessionTakeover {
  /** Locks an unlocked host record if the host answers our probes. Never rejects. */
  takeOver(record: Entry): Promise<void>;
  /** Unlocks the records of the hosts that do not answer our probes any more. */
  releaseSilent(records: Iterable<Entry>): Promise<void>;
}

export function createSessionTakeover(dependencies: SessionTakeoverDependencies): SessionTakeover {
  const { api, keys, log, hears, lease } = dependencies;
  const release = async ({ key, value, session }: Entry): Promise<void> => {
    const hostId = keys.hostIdOf(key);
    const unlock = { verb: 'unlock', key, value, session: session ?? '' } as const;
    const outcome = await api.transact([unlock, bump(keys.group(hostGroup(hostId)))]);
    if (outcome.ok) log.info({ hostId }, 'host with an expired Consul session stopped answering probes');
  };
  return {
    takeOver: async ({ key, value, modifyIndex }) => {
      const ours = lease();
      const hostId = keys.hostIdOf(key);
      if (!ours || !hears(hostId)) return;
      try {
        const outcome = await api.transact([
          { verb: 'check-index', key, index: modifyIndex },
          { verb: 'lock', key, value, session: ours.session.id },
        ]);
        if (outcome.ok) log.info({ hostId }, 'keeping host: Consul session expired, but the host answers probes');
      } catch {
        // The bus status reports that Consul does not respond. The next sweep tries again.
      }
    },
    releaseSilent: async (records) => {
      const ours = lease();
      if (!ours) return;
      for (const record of records) {
        const hostId = keys.hostIdOf(record.key);
        if (record.session === ours.session.id && hostId !== ours.hostId && !hears(hostId)) await release(record);
      }
    },
  };
}
