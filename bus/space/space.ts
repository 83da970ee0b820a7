import type { BusBatch, Document, FactMap } from '../bus.ts';
import type { DocumentTable } from './documents.ts';
import { createLeases, type Leases } from './leases.ts';
import { createLocks, type Locks } from './locks.ts';

/** One environment of an in-process bus: what the memory and the embedded drivers have in common. */
export interface Space {
  readonly leases: Leases;
  readonly locks: Locks;
  readonly documents: DocumentTable;
  /** Wakes the watchers, to be called when the table has changed. */
  changed(): void;
  /** First everything, then what differs from what was yielded last. */
  watch(signal: AbortSignal): AsyncGenerator<BusBatch, void, undefined>;
}

interface Picture {
  readonly hosts: ReadonlyMap<string, FactMap>;
  readonly documents: ReadonlyMap<string, Document>;
}

export function createSpace(documents: DocumentTable): Space {
  const wakers = new Set<() => void>();
  const changed = (): void => {
    for (const wake of wakers) wake();
    wakers.clear();
  };
  const leases = createLeases(changed);
  const picture = (): Picture => ({ hosts: leases.facts(), documents: documents.all() });
  const nextChange = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const done = (): void => {
        wakers.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      wakers.add(done);
      signal.addEventListener('abort', done, { once: true });
    });

  async function* watch(signal: AbortSignal): AsyncGenerator<BusBatch, void, undefined> {
    let seen: Picture | null = null;
    while (!signal.aborted) {
      const now = picture();
      const batch = batchBetween(seen, now);
      seen = now;
      if (batch) yield batch;
      else await nextChange(signal);
    }
  }
  return { leases, locks: createLocks(documents.nextRevision), documents, changed, watch };
}

/** Null when there is nothing to tell; the first picture is always told. */
function batchBetween(before: Picture | null, after: Picture): BusBatch | null {
  const hosts = changesBetween(before?.hosts, after.hosts);
  const documents = changesBetween(before?.documents, after.documents);
  return before && hosts.size === 0 && documents.size === 0 ? null : { synced: true, hosts, documents };
}

/** New and changed values by identity, null for those that are gone. */
function changesBetween<T>(before: ReadonlyMap<string, T> | undefined, after: ReadonlyMap<string, T>) {
  const changes = new Map<string, T | null>();
  if (before === after) return changes;
  for (const [key, value] of after) if (before?.get(key) !== value) changes.set(key, value);
  for (const key of before?.keys() ?? []) if (!after.has(key)) changes.set(key, null);
  return changes;
}
