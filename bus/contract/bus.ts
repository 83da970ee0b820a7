import type { FactChanges, FactMap } from '../../facts/index.ts';
import type { JsonValue } from '../../model/index.ts';

export type { FactKey, FactMap } from '../../facts/index.ts';

/**
 * A durable value with its revision for compare-and-set. The revisions of a key only grow; 0 means "does not exist".
 */
export interface Document {
  readonly value: JsonValue;
  readonly revision: number;
}

/**
 * The changes since the previous batch, with the newest values only. A slow consumer sees fewer, larger batches and never
 * misses the latest value.
 */
export interface BusBatch {
  /** True once the watch has yielded the complete state. Before that, absence means "not known yet". */
  readonly synced: boolean;
  /** Host id -> its newest facts; null if its lease has ended (the host left, or the lease expired). */
  readonly hosts: ReadonlyMap<string, FactMap | null>;
  /** Key -> newest document; null if deleted. */
  readonly documents: ReadonlyMap<string, Document | null>;
}

export type PutResult =
  | { readonly ok: true; readonly revision: number }
  /** Another writer came first. `current` is the present document, null if there is none. */
  | { readonly ok: false; readonly current: Document | null };

/** The lease on this host's facts. All hosts lose sight of the facts when it is closed or its time to live has passed. */
export interface Lease {
  readonly hostId: string;
  /**
   * Sets facts; null removes one. Readers see the changes of one call together. Resolves once other hosts can see them.
   * Idempotent. Calls are applied in order. Rejects if the bus cannot be written; the driver does not retry, so that the
   * caller can retry with newer facts.
   */
  publish(changes: FactChanges): Promise<void>;
  /** Aborts when the lease is lost. Then join again and publish everything. */
  readonly lost: AbortSignal;
  /** Withdraws all facts. Idempotent. */
  close(): Promise<void>;
}

/** A leader lock. `fencing` grows with each holder; compare it before every write to an outside system. */
export interface LeaderLock {
  readonly name: string;
  readonly fencing: number;
  /** Aborts as soon as it is uncertain whether this holder still has the lock. */
  readonly lost: AbortSignal;
  /** Asks the bus whether this holder still has the lock. Never rejects; false if uncertain. */
  verify(): Promise<boolean>;
  release(): Promise<void>;
}

export interface BusStatus {
  readonly driver: string;
  readonly connected: boolean;
  /** What is wrong, for the operator; null if connected. */
  readonly problem: string | null;
  /** Whether its file or its token cannot be read yet. Absent: no. */
  readonly unopened?: boolean;
  /** Time of the last successful request, in milliseconds since the epoch; null before the first. */
  readonly lastContactMs: number | null;
}

/**
 * The store that all hosts share. It holds the latest value of everything and is never a queue. One bus object serves one
 * environment, isolated from the other environments on the same store.
 */
export interface Bus {
  /**
   * Takes the lease of this host. The first publish replaces the facts of an earlier incarnation of the same host id.
   * Rejects if the bus cannot be reached; may be called again.
   */
  join(hostId: string, signal: AbortSignal): Promise<Lease>;
  /**
   * Yields everything first, then changes, coalesced while the consumer is busy. After a lost connection it resumes
   * automatically and yields what changed meanwhile. An unreachable bus yields nothing, because unreachable is not empty.
   * Ends when `signal` aborts. May run several times at once.
   */
  watch(signal: AbortSignal): AsyncIterable<BusBatch>;
  get(key: string): Promise<Document | null>;
  /** All documents whose key starts with `prefix`. */
  list(prefix: string): Promise<ReadonlyMap<string, Document>>;
  /** Writes if the key has the revision `expect` (0: must not exist), always without `expect`. Durable when resolved. */
  put(key: string, value: JsonValue, expect?: number): Promise<PutResult>;
  /** Deletes if the key has the revision `expect`, always without `expect`. Deleting a missing key succeeds. */
  delete(key: string, expect?: number): Promise<PutResult>;
  /** Waits until this holder has the lock `name`. Rejects with the abort reason when `signal` aborts. */
  lock(name: string, signal: AbortSignal): Promise<LeaderLock>;
  status(): BusStatus;
  /** Idempotent; leaves no timer, socket or file open. Does not withdraw leases, so that a restarting agent keeps its lease. */
  close(): Promise<void>;
}
