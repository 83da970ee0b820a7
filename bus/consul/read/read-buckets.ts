import { type Log, mapConcurrently } from '../../../system/index.ts';
import type { FactMap } from '../../contract/bus.ts';
import { decodeBucket } from '../layout/convert.ts';
import type { Keys } from '../layout/keys.ts';
import type { ConsulApi, Entry } from '../wire/api.ts';

/** The name of one bucket of facts. */
export interface Bucket {
  readonly hostId: string;
  readonly token: string;
}

/** Gives the facts of the buckets by key. Missing and damaged buckets are left out. */
export type ReadBuckets = (
  buckets: readonly Bucket[],
  options: { readonly consistent: boolean },
) => Promise<ReadonlyMap<string, FactMap>>;

/** Buckets read by one transaction; a bucket usually has 5 kB. */
const BUCKETS_PER_READ = 32;
const CONCURRENT_READS = 4;

export function createReadBuckets({ api, keys, log }: { api: ConsulApi; keys: Keys; log: Log }): ReadBuckets {
  const decodeInto = (found: Map<string, FactMap>, key: string, parts: readonly Entry[]): void => {
    try {
      const value = Buffer.concat(parts.map((part) => part.value));
      found.set(key, decodeBucket({ value, flags: parts[0]?.flags ?? 0 }));
    } catch (err) {
      log.warn({ key, err }, 'cannot read facts in Consul; keeping the last known facts of the host');
    }
  };
  return async (buckets, { consistent }) => {
    const chunks = Array.from({ length: Math.ceil(buckets.length / BUCKETS_PER_READ) }, (_, index) =>
      buckets.slice(index * BUCKETS_PER_READ, (index + 1) * BUCKETS_PER_READ),
    );
    const found = new Map<string, FactMap>();
    await mapConcurrently(chunks, CONCURRENT_READS, async (chunk) => {
      const outcome = await api.transact(
        chunk.map(({ hostId, token }) => ({ verb: 'get-tree', key: keys.factsOf(hostId) + token })),
        { consistent },
      );
      if (!outcome.ok) throw new Error(`reading facts: ${outcome.why}`);
      for (const [key, parts] of Map.groupBy(outcome.entries, (entry) => entry.key.replace(/\.\d+$/, '')))
        decodeInto(found, key, parts);
    });
    return found;
  };
}
