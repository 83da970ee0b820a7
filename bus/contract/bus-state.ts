import { draftMap, eachDifference } from '../../model/index.ts';
import type { BusBatch, Document, FactMap } from './bus.ts';

/** All facts and documents at one moment. Consecutive states share the objects that did not change. */
export interface BusState {
  readonly hosts: ReadonlyMap<string, FactMap>;
  readonly documents: ReadonlyMap<string, Document>;
}

const emptyState: BusState = { hosts: new Map(), documents: new Map() };

/** What differs, by identity; null if nothing does. Without a `before` there is always a batch. */
export function batchBetween(before: BusState | null, after: BusState): BusBatch | null {
  const hosts = changesBetween((before ?? emptyState).hosts, after.hosts);
  const documents = changesBetween((before ?? emptyState).documents, after.documents);
  return before && hosts.size === 0 && documents.size === 0 ? null : { synced: true, hosts, documents };
}

/** New and changed values, null for those that are gone. */
function changesBetween<T>(before: ReadonlyMap<string, T>, after: ReadonlyMap<string, T>): Map<string, T | null> {
  const changes = new Map<string, T | null>();
  eachDifference(before, after, (key, _old, value) => changes.set(key, value ?? null));
  return changes;
}

/** A copy with these changes, null for "gone". The same map if nothing changes. */
export function withChanges<T>(
  before: ReadonlyMap<string, T>,
  changes: Iterable<readonly [string, T | null]>,
): ReadonlyMap<string, T> {
  const draft = draftMap(before);
  for (const [key, value] of changes) {
    if (value === null) draft.delete(key);
    else draft.set(key, value);
  }
  return draft.result();
}
