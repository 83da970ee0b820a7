import type { Entry } from '../wire/api.ts';
import type { SweepDependencies } from './dependencies.ts';

/** Removes facts that have had no host record for two minutes. */
export interface OrphanRemoval {
  /** `records` are all host records by host id. */
  remove(records: ReadonlyMap<string, Entry>): Promise<void>;
}

/** An agent writes facts before the record that names them. No publish takes this long. */
const ORPHAN_AGE_MS = 120_000;

export function createOrphanRemoval({ api, keys, clock, log }: SweepDependencies): OrphanRemoval {
  /** Host id -> when its facts were first seen without a record. */
  const since = new Map<string, number>();
  return {
    remove: async (records) => {
      const present = new Set((await api.keys(keys.facts, { separator: '/' })).map(keys.hostIdOfFacts));
      for (const hostId of since.keys()) if (records.has(hostId) || !present.has(hostId)) since.delete(hostId);
      for (const hostId of present) {
        if (records.has(hostId)) continue;
        const sinceMs = since.get(hostId) ?? clock.monotonic();
        since.set(hostId, sinceMs);
        if (clock.monotonic() - sinceMs < ORPHAN_AGE_MS) continue;
        await api.transact([
          { verb: 'check-not-exists', key: keys.hostRecord(hostId) },
          { verb: 'delete-tree', key: keys.factsOf(hostId) },
        ]);
        log.info({ hostId }, 'removed facts without a host record');
      }
    },
  };
}
