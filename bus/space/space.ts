import type { Clock } from '../../system/index.ts';
import type { BusBatch } from '../contract/bus.ts';
import { createStateFeed } from '../contract/state-feed.ts';
import type { DocumentTable } from './documents.ts';
import { createHostLeases, type HostLeases } from './leases.ts';
import { createLocks, type Locks } from './locks.ts';

/** One environment of an in-process bus: the common part of the memory and the embedded driver. */
export interface Space {
  readonly leases: HostLeases;
  readonly locks: Locks;
  readonly documents: DocumentTable;
  /** Wakes the watchers. To be called when the table has changed. */
  changed(): void;
  watch(signal: AbortSignal): AsyncGenerator<BusBatch, void, undefined>;
}

export function createSpace(clock: Clock, documents: DocumentTable): Space {
  const leases = createHostLeases(() => feed.changed());
  const feed = createStateFeed(clock, () => ({ hosts: leases.facts(), documents: documents.all() }));
  return {
    leases,
    locks: createLocks(documents.nextRevision),
    documents,
    changed: feed.changed,
    watch: feed.watch,
  };
}
