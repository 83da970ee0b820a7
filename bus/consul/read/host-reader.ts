import type { FactMap } from '../../contract/bus.ts';
import { keepFactIdentity } from '../../contract/fact-changes.ts';
import { parseHostRecord } from '../layout/convert.ts';
import { hostGroup, type Keys } from '../layout/keys.ts';
import type { Entry } from '../wire/api.ts';
import type { GroupChanges } from './group-changes.ts';
import type { Bucket, ReadBuckets } from './read-buckets.ts';

/** Reads the hosts of one group that have changed, and of these only the buckets that have changed. */
export interface HostReader {
  /** `entries` are the host records of the group. */
  read(
    group: string,
    entries: readonly Entry[],
    options: { readonly consistent: boolean },
  ): Promise<GroupChanges<FactMap>>;
  /** The host's record as last read. */
  record(hostId: string): Entry | null;
  /** The facts that belong to this record; null: another version of it was read last. */
  factsWith(record: Entry): FactMap | null;
}

/** A host as last read. */
interface KnownHost {
  readonly record: Entry;
  readonly buckets: ReadonlyMap<string, FactMap>;
  readonly facts: FactMap;
}

export function createHostReader(keys: Keys, readBuckets: ReadBuckets): HostReader {
  const hosts = new Map<string, KnownHost>();

  const missingBuckets = ({ key, value }: Entry): readonly Bucket[] => {
    const hostId = keys.hostIdOf(key);
    const known = hosts.get(hostId)?.buckets;
    const tokens = new Set(parseHostRecord(value) ?? []);
    return [...tokens].flatMap((token) => (token === null || known?.has(token) ? [] : [{ hostId, token }]));
  };
  const forgetMissing = (group: string, entries: readonly Entry[]): readonly string[] => {
    const present = new Set(entries.map(({ key }) => keys.hostIdOf(key)));
    const gone = [...hosts.keys()].filter((hostId) => hostGroup(hostId) === group && !present.has(hostId));
    for (const hostId of gone) hosts.delete(hostId);
    return gone;
  };
  return {
    record: (hostId) => hosts.get(hostId)?.record ?? null,
    factsWith: ({ key, value }) => {
      const host = hosts.get(keys.hostIdOf(key));
      return host?.record.value.equals(value) ? host.facts : null;
    },
    read: async (group, entries, { consistent }) => {
      const changed = entries.filter(
        ({ key, modifyIndex }) => hosts.get(keys.hostIdOf(key))?.record.modifyIndex !== modifyIndex,
      );
      const found = await readBuckets(changed.flatMap(missingBuckets), { consistent });
      const changes = new Map<string, FactMap | null>();
      const torn: string[] = [];
      for (const hostId of forgetMissing(group, entries)) changes.set(hostId, null);
      for (const record of changed) {
        const hostId = keys.hostIdOf(record.key);
        const before = hosts.get(hostId);
        const host = assemble(record, before, (token) => found.get(keys.factsOf(hostId) + token));
        if (!host) torn.push(hostId);
        else {
          hosts.set(hostId, host);
          changes.set(hostId, host.facts);
        }
      }
      return { changes, torn };
    },
  };
}

/** Null if a bucket is missing. Equal facts keep their identity. */
function assemble(
  record: Entry,
  before: KnownHost | undefined,
  found: (token: string) => FactMap | undefined,
): KnownHost | null {
  const buckets = new Map<string, FactMap>();
  const tokens = parseHostRecord(record.value);
  if (!tokens) return null;
  for (const token of tokens) {
    if (token === null || buckets.has(token)) continue;
    const bucket = before?.buckets.get(token) ?? found(token);
    if (!bucket) return null;
    buckets.set(token, bucket);
  }
  const facts = new Map([...buckets.values()].flatMap((bucket) => [...bucket]));
  return { record, buckets, facts: before ? keepFactIdentity(before.facts, facts) : facts };
}
