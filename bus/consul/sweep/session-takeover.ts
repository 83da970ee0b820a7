import type { Log } from '../../../system/index.ts';
import type { FactKey, FactMap } from '../../contract/bus.ts';
import { parseHostRecord } from '../layout/convert.ts';
import { hostGroup, type Keys } from '../layout/keys.ts';
import { bump, type PublicationPlan, planPublication } from '../layout/publication.ts';
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
  /** The facts of a host as they were last read with this record; null: they belong to another one. */
  readonly factsWith: (record: Entry) => FactMap | null;
  /** Facts that are true only while their host reaches Consul. */
  readonly isTransient: (key: FactKey, hostId: string) => boolean;
}

/**
 * Keeps hosts whose session has expired but that answer our probes: our session locks their host record. Their transient facts are
 * removed.
 */
export interface SessionTakeover {
  /** Locks an unlocked host record if the host answers our probes. Never rejects. */
  takeOver(record: Entry): Promise<void>;
  /** Unlocks the records of the hosts that do not answer our probes any more. */
  releaseSilent(records: Iterable<Entry>): Promise<void>;
}

export function createSessionTakeover(dependencies: SessionTakeoverDependencies): SessionTakeover {
  const { api, keys, log, hears, lease } = dependencies;
  /** The writes that remove the transient facts, and lock the record; null: there are none. */
  const removal = (record: Entry, session: string): PublicationPlan | null => {
    const facts = dependencies.factsWith(record);
    const tokens = parseHostRecord(record.value);
    if (!facts || !tokens) return null;
    const hostId = keys.hostIdOf(record.key);
    const lasting = new Map([...facts].filter(([key]) => !dependencies.isTransient(key, hostId)));
    if (lasting.size === facts.size) return null;
    return planPublication({ facts, tokens }, lasting, {
      recordKey: record.key,
      groupKey: keys.group(hostGroup(hostId)),
      factsPrefix: keys.factsOf(hostId),
      session,
    });
  };
  const release = async ({ key, value, session }: Entry): Promise<void> => {
    const hostId = keys.hostIdOf(key);
    const unlock = { verb: 'unlock', key, value, session: session ?? '' } as const;
    const outcome = await api.transact([unlock, bump(keys.group(hostGroup(hostId)))]);
    if (outcome.ok) log.info({ hostId }, 'host with an expired Consul session stopped answering probes');
  };
  return {
    takeOver: async (record) => {
      const { key, value, modifyIndex } = record;
      const ours = lease();
      const hostId = keys.hostIdOf(key);
      if (!ours || !hears(hostId)) return;
      try {
        const plan = removal(record, ours.session.id);
        for (const operations of plan?.first ?? []) await api.transact(operations);
        const lock = { verb: 'lock', key, value, session: ours.session.id } as const;
        const outcome = await api.transact([
          { verb: 'check-index', key, index: modifyIndex },
          ...(plan?.last ?? [lock]),
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
