import type { BusBatch, Document, FactMap } from './bus.ts';

/** All facts and documents at one moment. Consecutive states share the objects that did not change. */
export interface BusState {
  readonly hosts: ReadonlyMap<string, FactMap>;
  readonly documents: ReadonlyMap<string, Document>;
}

/** What differs, by identity; null if nothing does. Without a `before` there is always a batch. */
export function batchBetween(before: BusState | null, after: BusState): BusBatch | null {
  const hosts = changesBetween(before?.hosts, after.hosts);
  const documents = changesBetween(before?.documents, after.documents);
  return before && hosts.size === 0 && documents.size === 0 ? null : { synced: true, hosts, documents };
}

/** New and changed values, null for those that are gone. */
function changesBetween<T>(before: ReadonlyMap<string, T> | undefined, after: ReadonlyMap<string, T>) {
  const changes = new Map<string, T | null>();
  if (before === after) return changes;
  for (const [key, value] of after) if (before?.get(key) !== value) changes.set(key, value);
  for (const key of before?.keys() ?? []) if (!after.has(key)) changes.set(key, null);
  return changes;
}

/** A copy with these changes, null for "gone". Without changes the same map. */
export function withChanges<T>(
  before: ReadonlyMap<string, T>,
  changes: ReadonlyMap<string, T | null>,
): ReadonlyMap<string, T> {
  if (changes.size === 0) return before;
  const after = new Map(before);
  for (const [key, value] of changes) {
    if (value === null) after.delete(key);
    else after.set(key, value);
  }
  return after;
}
