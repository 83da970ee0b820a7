import { bump, type PublicationTarget } from '../layout/publication.ts';
import type { ConsulApi, Entry, Operation } from '../wire/api.ts';
import { sessionName } from './session-file.ts';

/**
 * Locks the present host record with our session. The session of an earlier incarnation is destroyed; that of another
 * host, which has taken the record over (`sweep/session-takeover.ts`), is not.
 */
export async function lockHostRecord(api: ConsulApi, key: string, hostId: string, session: string): Promise<void> {
  for (;;) {
    const { entry } = await api.get(key, { consistent: true });
    if (!entry || entry.session === session) return;
    const { value, modifyIndex } = entry;
    const outcome = await api.transact([
      { verb: 'check-index', key, index: modifyIndex },
      ...(entry.session ? [{ verb: 'unlock' as const, key, value, session: entry.session }] : []),
      { verb: 'lock', key, value, session },
    ]);
    if (!outcome.ok) continue;
    if (entry.session && (await api.sessionName(entry.session)) === sessionName(hostId))
      await api.destroySession(entry.session);
    return;
  }
}

/** Removes everything of the host. Consul refuses `unlock`, and with it the transaction, if our session has lost the lock. */
export function withdrawal({ value }: Entry, target: PublicationTarget): readonly Operation[] {
  const { recordKey, groupKey, factsPrefix, session } = target;
  return [
    { verb: 'unlock', key: recordKey, value, session },
    { verb: 'delete', key: recordKey },
    { verb: 'delete-tree', key: factsPrefix },
    bump(groupKey),
  ];
}
