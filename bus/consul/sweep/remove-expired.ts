import { hostGroup } from '../layout/keys.ts';
import { bump } from '../layout/publication.ts';
import type { Entry } from '../wire/api.ts';
import { bumpGroups } from './bump-groups.ts';
import type { SweepDependencies } from './dependencies.ts';

/** The time that other agents have to take over the session of a host that answers their probes. */
const GRACE_MS = 3_000;

/**
 * Bumps the groups of hosts whose session has expired, so that all agents read that and may take the session over. Removes
 * the hosts whose record is unchanged after the grace period.
 */
export async function removeExpired(
  dependencies: SweepDependencies,
  expired: readonly Entry[],
  signal: AbortSignal,
): Promise<void> {
  const { api, keys, clock, log, takeover } = dependencies;
  if (expired.length === 0) return;
  for (const record of expired) await takeover.takeOver(record);
  const groupOf = ({ key }: Entry): string => hostGroup(keys.hostIdOf(key));
  await bumpGroups(dependencies, expired.map(groupOf));
  await clock.sleep(GRACE_MS * (1 + Math.random() / 2), signal);
  for (const record of expired) {
    const { key, modifyIndex } = record;
    const hostId = keys.hostIdOf(key);
    const outcome = await api.transact([
      { verb: 'check-index', key, index: modifyIndex },
      { verb: 'delete', key },
      { verb: 'delete-tree', key: keys.factsOf(hostId) },
      bump(keys.group(groupOf(record))),
    ]);
    if (outcome.ok) log.info({ hostId }, 'removed host: Consul session expired, and the host answers no probes');
  }
}
