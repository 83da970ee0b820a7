import { type JsonValue, sameJson } from '../../model/index.ts';
import type { Log } from '../../system/index.ts';
import type { FactKey, FactMap } from '../bus.ts';
import type { ConsulApi, Entry } from './api.ts';
import { mapConcurrently } from './concurrent.ts';
import { decodeBucket, parseNotice } from './convert.ts';
import type { Keys } from './keys.ts';

/** A host as it was last read. */
export interface KnownHost {
  /** Its notice, as it stood in Consul. */
  readonly notice: Entry;
  readonly buckets: ReadonlyMap<string, FactMap>;
  readonly facts: FactMap;
}

export interface HostChanges {
  readonly hosts: ReadonlyMap<string, KnownHost>;
  /** Hosts whose facts are just being replaced: to be read again. */
  readonly torn: ReadonlySet<string>;
}

/** Reads the hosts of one group whose notice changed, and of these only the buckets that did. */
export interface HostReader {
  /** `entries`: the notices of the group, from which `known` ones may be missing. */
  read(
    entries: readonly Entry[],
    known: ReadonlyMap<string, KnownHost>,
    options: { readonly consistent: boolean },
  ): Promise<HostChanges>;
}

/** One transaction reads as many buckets; 5 kB each as a rule. */
const BUCKETS_A_READ = 32;
const READS_AT_ONCE = 4;

interface Wanted {
  readonly hostId: string;
  readonly token: string;
}

export function createHostReader({ api, keys, log }: { api: ConsulApi; keys: Keys; log: Log }): HostReader {
  const fetchBuckets = async (
    wanted: readonly Wanted[],
    consistent: boolean,
  ): Promise<ReadonlyMap<string, FactMap>> => {
    const chunks = Array.from({ length: Math.ceil(wanted.length / BUCKETS_A_READ) }, (_, index) =>
      wanted.slice(index * BUCKETS_A_READ, (index + 1) * BUCKETS_A_READ),
    );
    const found = new Map<string, FactMap>();
    await mapConcurrently(chunks, READS_AT_ONCE, async (chunk) => {
      const prefixes = chunk.map(({ hostId, token }) => keys.factsOf(hostId) + token);
      const outcome = await api.transact(
        prefixes.map((key) => ({ verb: 'get-tree', key })),
        { consistent },
      );
      if (!outcome.ok) throw new Error(`reading facts: ${outcome.why}`);
      for (const [prefix, parts] of Map.groupBy(outcome.entries, ({ key }) => key.replace(/\.\d+$/, '')))
        decodeInto(found, prefix, parts);
    });
    return found;
  };
  const decodeInto = (found: Map<string, FactMap>, prefix: string, parts: readonly Entry[]): void => {
    try {
      const value = Buffer.concat(parts.map((part) => part.value));
      found.set(prefix, decodeBucket({ value, flags: parts[0]?.flags ?? 0 }));
    } catch (err) {
      log.warn({ key: prefix, err }, 'facts in Consul cannot be read; what was known of the host stays');
    }
  };
  return {
    read: async (entries, known, { consistent }) => {
      const changed = entries.filter((entry) => {
        const before = known.get(keys.hostIdOf(entry.key));
        return before?.notice.modifyIndex !== entry.modifyIndex;
      });
      const wanted = changed.flatMap((entry) => wantedOf(entry, keys.hostIdOf(entry.key), known));
      const found = await fetchBuckets(wanted, consistent);
      const hosts = new Map<string, KnownHost>();
      const torn = new Set<string>();
      for (const notice of changed) {
        const hostId = keys.hostIdOf(notice.key);
        const host = assemble(notice, known.get(hostId), (token) => found.get(keys.factsOf(hostId) + token));
        if (host) hosts.set(hostId, host);
        else torn.add(hostId);
      }
      return { hosts, torn };
    },
  };
}

function wantedOf(notice: Entry, hostId: string, known: ReadonlyMap<string, KnownHost>): readonly Wanted[] {
  const buckets = known.get(hostId)?.buckets;
  const tokens = new Set(parseNotice(notice.value) ?? []);
  return [...tokens].flatMap((token) => (token === null || buckets?.has(token) ? [] : [{ hostId, token }]));
}

/** Null when a bucket is missing. Facts that are equal stay the same objects. */
function assemble(
  notice: Entry,
  before: KnownHost | undefined,
  found: (token: string) => FactMap | undefined,
): KnownHost | null {
  const buckets = new Map<string, FactMap>();
  const tokens = parseNotice(notice.value);
  if (!tokens) return null;
  for (const token of tokens) {
    if (token === null || buckets.has(token)) continue;
    const bucket = before?.buckets.get(token) ?? found(token);
    if (!bucket) return null;
    buckets.set(token, bucket);
  }
  const facts = new Map([...buckets.values()].flatMap((bucket) => [...bucket]));
  return { notice, buckets, facts: withIdentity(facts, before?.facts) };
}

function withIdentity(facts: Map<FactKey, JsonValue>, before: FactMap | undefined): FactMap {
  if (!before) return facts;
  let same = facts.size === before.size;
  for (const [key, value] of facts) {
    const old = before.get(key);
    if (old !== undefined && sameJson(old, value)) facts.set(key, old);
    else same = false;
  }
  return same ? before : facts;
}
