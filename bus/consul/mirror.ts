import type { Clock, Log } from '../../system/index.ts';
import type { Document, FactMap } from '../bus.ts';
import type { ConsulApi, Entry } from './api.ts';
import { mapConcurrently } from './concurrent.ts';
import type { Contact } from './contact.ts';
import { createDocumentReader } from './document-reader.ts';
import { createHostReader, type KnownHost } from './host-reader.ts';
import { hostGroup, isDocumentGroup, type Keys } from './keys.ts';
import { backoffMs, createPace } from './pace.ts';
import { type Picture, withChanges } from './picture.ts';
import { createWaiters } from './waiters.ts';

export interface MirrorDependencies {
  readonly api: ConsulApi;
  readonly keys: Keys;
  readonly contact: Contact;
  readonly clock: Clock;
  readonly log: Log;
  /** Told of each notice read that has no session: Consul has not heard of its host for too long. */
  readonly onExpired: (notice: Entry) => void;
}

/** What Consul has of this environment, kept up to date by one blocking query on the groups. */
export interface Mirror {
  /** Null until the first complete picture. */
  picture(): Picture | null;
  /** Host id -> its notice as last read. */
  notice(hostId: string): Entry | null;
  /** Resolves at the next change, or when `signal` aborts. */
  changed(signal: AbortSignal): Promise<void>;
  /** Reads these groups again although nothing bumped them. */
  recheck(groups: Iterable<string>): void;
  /** Keeps it up to date until `signal` aborts; never rejects. */
  run(signal: AbortSignal): Promise<void>;
}

const WAIT_MS = 30_000;
const LAG_MS = 1_000;
const READS_AT_ONCE = 4;
/** Attempts to read what is just being replaced before it is taken for damaged. */
const TORN_ATTEMPTS = 8;

export function createMirror(dependencies: MirrorDependencies): Mirror {
  const { api, keys, contact, clock, log, onExpired } = dependencies;
  const hostReader = createHostReader({ api, keys, log });
  const documentReader = createDocumentReader({ api, keys, log });
  const pace = createPace({ burst: 32, perSecond: 100 });
  const waiters = createWaiters();
  const hosts = new Map<string, KnownHost>();
  /** Group -> ModifyIndex up to which it was read. */
  const groups = new Map<string, number>();
  const again = new Set<string>();
  const tornAttempts = new Map<string, number>();
  let building: Picture = { hosts: new Map(), documents: new Map() };
  let complete = false;
  let index = 0;
  let kick = new AbortController();

  const adopt = (next: Picture): void => {
    if (next.hosts === building.hosts && next.documents === building.documents) return;
    building = next;
    if (complete) waiters.wake();
  };
  /** Waits for a bump, a recheck or the return of Consul; gives the groups that are to be read. */
  const nextGroups = async (signal: AbortSignal): Promise<ReadonlyMap<string, number>> => {
    const atOnce = index === 0 || again.size > 0;
    const listing = await api.list(keys.groups, {
      ...(atOnce ? { consistent: true } : { index, waitMs: WAIT_MS }),
      signal,
    });
    if (listing.index < index) {
      // Restored from elsewhere, or made anew: the numbers we know mean nothing any more.
      index = 0;
      groups.clear();
      return new Map();
    }
    index = listing.index;
    const emptied = listing.entries.length === 0 && groups.size > 0;
    contact.complain(
      emptied ? `nothing is below ${keys.groups} any more: deleted, or the token may not read it` : null,
    );
    if (emptied) return new Map();
    const listed = listing.entries.map(({ key, modifyIndex }) => [key.slice(keys.groups.length), modifyIndex] as const);
    const due = new Map(listed.filter(([name, modifyIndex]) => groups.get(name) !== modifyIndex || again.has(name)));
    for (const name of again) if (!due.has(name)) again.delete(name);
    return due;
  };
  const readGroup = async (name: string, modifyIndex: number, signal: AbortSignal): Promise<void> => {
    const prefix = isDocumentGroup(name) ? keys.documentsOf(name) : keys.noticesOf(name);
    const known = groups.has(name) && !again.has(name);
    // A group is bumped in the transaction that changes it: a list that is older than the bump comes from a server that
    // lags behind the one that told us.
    const listing = await api.list(prefix, {
      ...(known ? { index: modifyIndex - 1, waitMs: LAG_MS } : { consistent: true }),
      signal,
    });
    if (known && listing.index < modifyIndex) {
      again.add(name);
      return;
    }
    if (listing.entries.length === 0 && known) await assertVisible(signal);
    const torn = isDocumentGroup(name)
      ? await readDocuments(name, listing.entries)
      : await readHosts(name, listing.entries, !known);
    if (torn.filter((what) => countTorn(what) < TORN_ATTEMPTS).length > 0) again.add(name);
    else again.delete(name);
    groups.set(name, modifyIndex);
  };
  /** A token that has just lost its rights sees an empty list where there is none: then the groups are hidden as well. */
  const assertVisible = async (signal: AbortSignal): Promise<void> => {
    const { entries } = await api.list(keys.groups, { consistent: true, signal });
    if (entries.length === 0) throw new Error(`nothing is below ${keys.groups} any more`);
  };
  const countTorn = (what: string): number => {
    const count = (tornAttempts.get(what) ?? 0) + 1;
    tornAttempts.set(what, count);
    if (count === TORN_ATTEMPTS) log.warn({ what }, 'damaged in Consul; what was known of it stays');
    return count;
  };
  const readHosts = async (group: string, entries: readonly Entry[], consistent: boolean) => {
    const read = await hostReader.read(entries, hosts, { consistent });
    const present = new Set(entries.map(({ key }) => keys.hostIdOf(key)));
    const facts = new Map<string, FactMap | null>();
    for (const hostId of hosts.keys()) if (hostGroup(hostId) === group && !present.has(hostId)) facts.set(hostId, null);
    for (const hostId of facts.keys()) hosts.delete(hostId);
    for (const [hostId, host] of read.hosts) {
      hosts.set(hostId, host);
      tornAttempts.delete(hostId);
      if (building.hosts.get(hostId) !== host.facts) facts.set(hostId, host.facts);
    }
    adopt({ ...building, hosts: withChanges(building.hosts, facts) });
    for (const entry of entries) if (entry.session === null) onExpired(entry);
    return [...read.torn];
  };
  const readDocuments = async (group: string, entries: readonly Entry[]) => {
    const read = await documentReader.read(entries, building.documents);
    const present = new Set(entries.map(({ key }) => keys.documentKeyOf(key)));
    const changes = new Map<string, Document | null>(read.documents);
    for (const key of building.documents.keys())
      if (!present.has(key) && keys.document(key).startsWith(keys.documentsOf(group))) changes.set(key, null);
    for (const key of changes.keys()) tornAttempts.delete(key);
    adopt({ ...building, documents: withChanges(building.documents, changes) });
    return [...read.torn];
  };
  const round = async (signal: AbortSignal): Promise<void> => {
    const due = await nextGroups(signal);
    await mapConcurrently([...due], READS_AT_ONCE, ([name, modifyIndex]) => readGroup(name, modifyIndex, signal));
    if (!complete && index > 0 && again.size === 0) {
      complete = true;
      waiters.wake();
    }
    // An answer that brings nothing costs more: it may come from something that does not wait.
    const waitMs = pace.delayMs(due.size || 8, clock.monotonic());
    await clock.sleep(Math.max(waitMs, again.size > 0 ? 50 : 0), signal);
  };
  return {
    picture: () => (complete ? building : null),
    notice: (hostId) => hosts.get(hostId)?.notice ?? null,
    changed: waiters.next,
    recheck: (names) => {
      for (const name of names) again.add(name);
      kick.abort(new Error('groups are to be read again'));
    },
    run: async (signal) => {
      let failures = 0;
      while (!signal.aborted) {
        kick = new AbortController();
        const restart = AbortSignal.any([kick.signal, contact.returned()]);
        try {
          await round(AbortSignal.any([signal, restart]));
          failures = 0;
        } catch {
          // Groups that were due may be unread: list them again.
          index = 0;
          if (restart.aborted) continue;
          await clock.sleep(backoffMs(failures, Math.random()), signal).catch(() => {});
          failures += 1;
        }
      }
    },
  };
}
