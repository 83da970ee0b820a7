import type { Clock, Log } from '../../system/index.ts';
import type { ConsulApi, Entry } from './api.ts';
import { documentGroup, hostGroup, type Keys } from './keys.ts';
import type { ConsulLease } from './lease.ts';
import type { Mirror } from './mirror.ts';
import { bump } from './publication.ts';
import type { Voucher } from './voucher.ts';

export interface SweepDependencies {
  readonly api: ConsulApi;
  readonly keys: Keys;
  readonly mirror: Mirror;
  readonly clock: Clock;
  readonly log: Log;
  readonly voucher: Voucher;
  /** Our own lease, null while we have none. */
  readonly lease: () => ConsulLease | null;
}

/** Every agent sweeps in turn: all of them together about every three seconds, each the more seldom the more there are. */
const FLOOR_MS = 5_000;
const PER_HOST_MS = 3_000;
/** Time for those who hear a host to vouch for it once its session has ended. */
const GRACE_MS = 3_000;
/** Facts come before the notice that names them; no publish takes that long. */
const ORPHAN_MS = 120_000;
const DOCUMENTS_EVERY = 12;

/**
 * Does what Consul does not do by itself: removes hosts whose session has ended and for whom nobody vouches, facts that
 * no notice names, and tells all readers of changes that nobody announced. Never rejects; ends with `signal`.
 */
export async function sweepForEver(dependencies: SweepDependencies, signal: AbortSignal): Promise<void> {
  const orphans = new Map<string, number>();
  for (let round = 1; !signal.aborted; round += 1) {
    try {
      const hosts = dependencies.mirror.picture()?.hosts.size ?? 0;
      const waitMs = Math.max(FLOOR_MS, PER_HOST_MS * hosts) * (0.5 + Math.random());
      await dependencies.clock.sleep(waitMs, signal);
      await sweepHosts(dependencies, orphans, signal);
      if (round % DOCUMENTS_EVERY === 0) await sweepDocuments(dependencies, signal);
    } catch {
      // Consul is away (its contact says so) or we end.
    }
  }
}

async function sweepHosts(
  dependencies: SweepDependencies,
  orphans: Map<string, number>,
  signal: AbortSignal,
): Promise<void> {
  const { api, keys, mirror } = dependencies;
  const before = mirror.picture()?.hosts ?? new Map<string, unknown>();
  const { entries } = await api.list(keys.notices, { consistent: true, signal });
  const listed = new Map(entries.map((entry) => [keys.hostIdOf(entry.key), entry]));
  const vanished = [...before.keys()].filter((hostId) => !listed.has(hostId) && mirror.picture()?.hosts.has(hostId));
  // Nothing at all: deleted by mistake, or hidden from our token. Those who have a place there take it again.
  if (listed.size > 0) await announce(dependencies, vanished.map(hostGroup));
  const different = [...listed].filter(([id, entry]) => mirror.notice(id)?.modifyIndex !== entry.modifyIndex);
  if (different.length > 0) mirror.recheck(new Set(different.map(([id]) => hostGroup(id))));
  const own = dependencies.lease();
  if (own && listed.get(own.hostId)?.session !== own.session.id) await own.verify();
  await dependencies.voucher.review(entries);
  await removeOrphans(dependencies, listed, orphans);
  await removeExpired(
    dependencies,
    entries.filter(({ session }) => session === null),
    signal,
  );
}

/** Deleted without a bump, by hand as a rule. */
async function announce({ api, keys }: SweepDependencies, groups: readonly string[]): Promise<void> {
  for (const group of new Set(groups)) await api.transact([bump(keys.group(group))]);
}

/** Bumps their groups, so that all see that the session has ended; who hears the host vouches; else it goes. */
async function removeExpired(
  dependencies: SweepDependencies,
  expired: readonly Entry[],
  signal: AbortSignal,
): Promise<void> {
  const { api, keys, clock, log, voucher } = dependencies;
  if (expired.length === 0) return;
  for (const notice of expired) await voucher.vouch(notice);
  await announce(
    dependencies,
    expired.map(({ key }) => hostGroup(keys.hostIdOf(key))),
  );
  await clock.sleep(GRACE_MS * (1 + Math.random() / 2), signal);
  for (const { key, modifyIndex } of expired) {
    const hostId = keys.hostIdOf(key);
    const outcome = await api.transact([
      { verb: 'check-index', key, index: modifyIndex },
      { verb: 'delete', key },
      { verb: 'delete-tree', key: keys.factsOf(hostId) },
      bump(keys.group(hostGroup(hostId))),
    ]);
    if (outcome.ok) log.info({ hostId }, 'a host was removed: its session has ended and nobody hears it');
  }
}

async function removeOrphans(
  { api, keys, clock, log }: SweepDependencies,
  listed: ReadonlyMap<string, Entry>,
  orphans: Map<string, number>,
): Promise<void> {
  const present = new Set((await api.keys(keys.facts, { separator: '/' })).map(keys.hostIdOfFacts));
  for (const hostId of orphans.keys()) if (listed.has(hostId) || !present.has(hostId)) orphans.delete(hostId);
  for (const hostId of present) {
    if (listed.has(hostId)) continue;
    const since = orphans.get(hostId) ?? clock.monotonic();
    orphans.set(hostId, since);
    if (clock.monotonic() - since < ORPHAN_MS) continue;
    const unclaimed = { verb: 'check-not-exists', key: keys.notice(hostId) } as const;
    await api.transact([unclaimed, { verb: 'delete-tree', key: keys.factsOf(hostId) }]);
    log.info({ hostId }, 'facts of no host were removed');
  }
}

async function sweepDocuments(dependencies: SweepDependencies, signal: AbortSignal): Promise<void> {
  const { api, keys, mirror } = dependencies;
  const before = mirror.picture()?.documents ?? new Map<string, unknown>();
  const { entries } = await api.list(keys.documents, { consistent: true, signal });
  const listed = new Map(entries.map((entry) => [keys.documentKeyOf(entry.key), entry.modifyIndex]));
  const known = mirror.picture()?.documents;
  const vanished = [...before.keys()].filter((key) => !listed.has(key) && known?.has(key));
  if (listed.size > 0) await announce(dependencies, vanished.map(documentGroup));
  const different = [...listed].filter(([key, index]) => known?.get(key)?.revision !== index);
  if (different.length > 0) mirror.recheck(new Set(different.map(([key]) => documentGroup(key))));
}
