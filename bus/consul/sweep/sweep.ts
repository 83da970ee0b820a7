import { documentGroup, hostGroup } from '../layout/keys.ts';
import { bumpGroups } from './bump-groups.ts';
import type { SweepDependencies } from './dependencies.ts';
import { removeExpired } from './remove-expired.ts';
import { createOrphanRemoval, type OrphanRemoval } from './remove-orphans.ts';

/** The interval grows with the number of hosts, so that all agents together sweep about every three seconds. */
const MIN_INTERVAL_MS = 5_000;
const INTERVAL_PER_HOST_MS = 3_000;
/** Documents are compared in every twelfth sweep. */
const DOCUMENTS_EVERY = 12;

/**
 * Does what Consul does not do: removes hosts whose session has expired and that answer no probes, removes facts without a
 * host record, and tells all readers of changes that were made by hand. Never rejects; ends with `signal`.
 */
export async function runSweeps(dependencies: SweepDependencies, signal: AbortSignal): Promise<void> {
  const orphans = createOrphanRemoval(dependencies);
  for (let round = 1; !signal.aborted; round += 1) {
    try {
      const hosts = dependencies.replica.state()?.hosts.size ?? 0;
      const intervalMs = Math.max(MIN_INTERVAL_MS, INTERVAL_PER_HOST_MS * hosts);
      await dependencies.clock.sleep(intervalMs * (0.5 + Math.random()), signal);
      await sweepHosts(dependencies, orphans, signal);
      if (round % DOCUMENTS_EVERY === 0) await sweepDocuments(dependencies, signal);
    } catch {
      // Consul does not respond, which the bus status reports, or the bus is closed.
    }
  }
}

async function sweepHosts(dependencies: SweepDependencies, orphans: OrphanRemoval, signal: AbortSignal): Promise<void> {
  const { api, keys, replica, takeover } = dependencies;
  const before = [...(replica.state()?.hosts.keys() ?? [])];
  const { entries } = await api.list(keys.hostRecords, { consistent: true, signal });
  const records = new Map(entries.map((entry) => [keys.hostIdOf(entry.key), entry]));
  const vanished = before.filter((hostId) => !records.has(hostId) && replica.state()?.hosts.has(hostId));
  // An empty list means deleted by mistake or hidden from our token: the agents publish their facts again.
  if (records.size > 0) await bumpGroups(dependencies, vanished.map(hostGroup));
  const changed = [...records].filter(([id, { modifyIndex }]) => replica.hostRecord(id)?.modifyIndex !== modifyIndex);
  if (changed.length > 0) replica.recheck(new Set(changed.map(([id]) => hostGroup(id))));
  const own = dependencies.lease();
  if (own && records.get(own.hostId)?.session !== own.session.id) await own.verify();
  await takeover.releaseSilent(entries);
  await orphans.remove(records);
  await removeExpired(
    dependencies,
    entries.filter(({ session }) => session === null),
    signal,
  );
}

async function sweepDocuments(dependencies: SweepDependencies, signal: AbortSignal): Promise<void> {
  const { api, keys, replica } = dependencies;
  const before = [...(replica.state()?.documents.keys() ?? [])];
  const { entries } = await api.list(keys.documents, { consistent: true, signal });
  const listed = new Map(entries.map((entry) => [keys.documentKeyOf(entry.key), entry.modifyIndex]));
  const known = replica.state()?.documents;
  const vanished = before.filter((key) => !listed.has(key) && known?.has(key));
  if (listed.size > 0) await bumpGroups(dependencies, vanished.map(documentGroup));
  const changed = [...listed].filter(([key, index]) => known?.get(key)?.revision !== index);
  if (changed.length > 0) replica.recheck(new Set(changed.map(([key]) => documentGroup(key))));
}
