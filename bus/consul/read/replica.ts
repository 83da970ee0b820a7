import { backoffMs, type Clock, type Log, mapConcurrently, type RetrySchedule } from '../../../system/index.ts';
import type { BusBatch, FactMap } from '../../contract/bus.ts';
import { type BusState, withChanges } from '../../contract/bus-state.ts';
import { createStateFeed } from '../../contract/state-feed.ts';
import { isDocumentGroup, type Keys } from '../layout/keys.ts';
import type { ConsulApi, Entry } from '../wire/api.ts';
import type { Contact } from '../wire/contact.ts';
import { createChangedGroups } from './changed-groups.ts';
import { createDocumentReader } from './document-reader.ts';
import { createHostReader } from './host-reader.ts';
import { createRateLimiter } from './rate-limiter.ts';
import { createReadBuckets } from './read-buckets.ts';
import { createTornReads } from './torn-reads.ts';

export interface ReplicaDependencies {
  readonly api: ConsulApi;
  readonly keys: Keys;
  readonly contact: Contact;
  readonly clock: Clock;
  readonly log: Log;
  /** Called for each host record read whose session has expired. */
  readonly onExpired: (record: Entry) => void;
}

/** A copy of this environment's facts and documents, kept up to date by one blocking query. */
export interface Replica {
  /** Null until everything was read once. */
  state(): BusState | null;
  /** The host's record as last read. */
  hostRecord(hostId: string): Entry | null;
  /** The facts that belong to this host record; null: another version of it was read last. */
  factsWith(record: Entry): FactMap | null;
  watch(signal: AbortSignal): AsyncGenerator<BusBatch, void, undefined>;
  /** Reads these groups again, although their key has not changed. */
  recheck(groups: Iterable<string>): void;
  /** Follows Consul until `signal` aborts; never rejects. */
  run(signal: AbortSignal): Promise<void>;
}

const LAG_MS = 1_000;
const CONCURRENT_READS = 4;
const RECHECK_DELAY_MS = 50;
/** The cost of a response without changes, which may come from a server that does not block. */
const COST_WITHOUT_CHANGES = 8;
const RETRY: RetrySchedule = { minMs: 200, maxMs: 5_000 };

export function createReplica(dependencies: ReplicaDependencies): Replica {
  const { api, keys, contact, clock, log, onExpired } = dependencies;
  const changedGroups = createChangedGroups({ api, keys, contact });
  const hostReader = createHostReader(keys, createReadBuckets({ api, keys, log }));
  const documentReader = createDocumentReader({ api, keys, log });
  const tornReads = createTornReads(log);
  const rateLimiter = createRateLimiter({ burst: 32, perSecond: 100 });
  let state: BusState = { hosts: new Map(), documents: new Map() };
  let complete = false;
  const completeState = (): BusState | null => (complete ? state : null);
  const feed = createStateFeed(clock, completeState);
  let interruption = new AbortController();

  const readHosts = async (group: string, entries: readonly Entry[], consistent: boolean) => {
    const { changes, torn } = await hostReader.read(group, entries, { consistent });
    state = { ...state, hosts: withChanges(state.hosts, changes) };
    for (const entry of entries) if (entry.session === null) onExpired(entry);
    return { changes, torn };
  };
  const readDocuments = async (group: string, entries: readonly Entry[]) => {
    const { changes, torn } = await documentReader.read(group, entries, state.documents);
    state = { ...state, documents: withChanges(state.documents, changes) };
    return { changes, torn };
  };
  const readGroup = async (group: string, modifyIndex: number, signal: AbortSignal): Promise<void> => {
    const followed = changedGroups.isFollowed(group);
    const entries = await listGroup(dependencies, group, followed ? modifyIndex : null, signal);
    if (!entries) return changedGroups.recheck([group]);
    const { changes, torn } = isDocumentGroup(group)
      ? await readDocuments(group, entries)
      : await readHosts(group, entries, !followed);
    for (const name of changes.keys()) tornReads.clear(name);
    changedGroups.wasRead(group, modifyIndex);
    if (torn.filter(tornReads.shouldRetry).length > 0) changedGroups.recheck([group]);
    if (changes.size > 0) feed.changed();
  };
  const round = async (signal: AbortSignal): Promise<void> => {
    const due = await changedGroups.next(signal);
    await mapConcurrently([...due], CONCURRENT_READS, ([group, modifyIndex]) => readGroup(group, modifyIndex, signal));
    if (!complete && changedGroups.isComplete()) {
      complete = true;
      feed.changed();
    }
    const waitMs = rateLimiter.delayMs(due.size || COST_WITHOUT_CHANGES, clock.monotonic());
    await clock.sleep(Math.max(waitMs, changedGroups.hasRechecks() ? RECHECK_DELAY_MS : 0), signal);
  };
  return {
    state: completeState,
    hostRecord: hostReader.record,
    factsWith: hostReader.factsWith,
    watch: feed.watch,
    recheck: (groups) => {
      changedGroups.recheck(groups);
      interruption.abort(new Error('groups need a recheck'));
    },
    run: async (signal) => {
      let failures = 0;
      while (!signal.aborted) {
        interruption = new AbortController();
        const restart = AbortSignal.any([interruption.signal, contact.recovered()]);
        try {
          await round(AbortSignal.any([signal, restart]));
          failures = 0;
        } catch {
          // Some of the groups that were due may be unread.
          changedGroups.restart();
          if (restart.aborted) continue;
          failures += 1;
          await clock.sleep(backoffMs(RETRY, failures, Math.random()), signal).catch(() => {});
        }
      }
    },
  };
}

/**
 * The entries of a group that are at least as new as the ModifyIndex of its key, null if the server lags behind the one
 * that reported the ModifyIndex. The transaction that changes an entry changes the group's key as well. Without
 * `modifyIndex` the read is consistent.
 */
async function listGroup(
  { api, keys }: ReplicaDependencies,
  group: string,
  modifyIndex: number | null,
  signal: AbortSignal,
): Promise<readonly Entry[] | null> {
  const prefix = isDocumentGroup(group) ? keys.documentsOf(group) : keys.hostRecordsOf(group);
  const followed = modifyIndex !== null;
  const listing = await api.list(prefix, {
    ...(followed ? { index: modifyIndex - 1, waitMs: LAG_MS } : { consistent: true }),
    signal,
  });
  if (followed && listing.index < modifyIndex) return null;
  if (followed && listing.entries.length === 0) await assertGroupsVisible(api, keys, signal);
  return listing.entries;
}

/** Consul shows an empty list to a token that has lost its rights. Then it hides the groups as well. */
async function assertGroupsVisible(api: ConsulApi, keys: Keys, signal: AbortSignal): Promise<void> {
  const { entries } = await api.list(keys.groups, { consistent: true, signal });
  if (entries.length === 0) throw new Error(`no keys left below ${keys.groups}`);
}
