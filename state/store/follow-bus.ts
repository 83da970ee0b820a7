import type { BusBatch } from '../../bus/index.ts';
import type { JsonValue } from '../../model/index.ts';
import type { SnapshotDelta } from '../snapshot/picture.ts';
import type { StateStore } from './store.ts';

/**
 * Keeps the store equal to the bus until the batches end. The facts of the store's own host come from its sources instead. Facts
 * that were loaded from disk and are not on the bus are removed when the bus has been read completely, not before.
 */
export async function followBus(store: StateStore, batches: AsyncIterable<BusBatch>): Promise<void> {
  let firstPicture: Seen | null = { hosts: new Set([store.hostId]), documents: new Set() };
  for await (const batch of batches) {
    if (firstPicture) note(firstPicture, batch);
    store.apply(deltaOf(store, batch, batch.synced ? firstPicture : null));
    if (batch.synced) firstPicture = null;
  }
}

interface Seen {
  readonly hosts: Set<string>;
  readonly documents: Set<string>;
}

function note(seen: Seen, { hosts, documents }: BusBatch): void {
  for (const hostId of hosts.keys()) seen.hosts.add(hostId);
  for (const key of documents.keys()) seen.documents.add(key);
}

/** `all`: everything on the bus, if this batch completes the first read. */
function deltaOf(store: StateStore, batch: BusBatch, all: Seen | null): SnapshotDelta {
  const known = store.picture();
  const hosts = new Map<string, ReadonlyMap<string, JsonValue | null> | null>();
  for (const [hostId, facts] of batch.hosts) {
    if (hostId !== store.hostId) hosts.set(hostId, facts && store.changesTo(hostId, facts));
  }
  const documents = new Map<string, JsonValue | null>();
  for (const [key, document] of batch.documents) documents.set(key, document?.value ?? null);
  if (!all) return { hosts, documents };
  for (const hostId of known.hosts.keys()) if (!all.hosts.has(hostId)) hosts.set(hostId, null);
  for (const key of known.documents.keys()) if (!all.documents.has(key)) documents.set(key, null);
  return { hosts, documents, complete: true };
}
