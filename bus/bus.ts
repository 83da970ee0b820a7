import type { FactKey, FactMap } from '../facts/index.ts';
import type { JsonValue } from '../model/index.ts';

export type { FactKey, FactMap } from '../facts/index.ts';

/**
 * A durable value with the revision to compare against. Revisions of one key only grow; 0 means "does not exist".
 */
export interface Document {
  readonly value: JsonValue;
  readonly revision: number;
}

/**
 * What changed since the batch before, newest value only: a consumer that is slow sees fewer, larger batches and never
 * misses the last state of anything.
 */
export interface BusBatch {
  /** True from the batch on that completes the first picture. Before that, absence means "not known yet". */
  readonly synced: boolean;
  /** Host id -> its newest facts; null: its lease is gone (left or expired). */
  readonly hosts: ReadonlyMap<string, FactMap | null>;
  /** Key -> newest document; null: deleted. */
  readonly documents: ReadonlyMap<string, Document | null>;
}

export type PutResult =
  | { readonly ok: true; readonly revision: number }
  /** Somebody else wrote first: `current` is what stands there now (null: nothing). */
  | { readonly ok: false; readonly current: Document | null };

/** This host's place on the bus. All its facts vanish for everybody once it is closed or its time to live has passed. */
export interface Lease {
  readonly hostId: string;
  /**
   * Sets (or, with null, removes) facts; atomic for readers as far as one host's facts go. Resolves once other hosts can
   * see it. Idempotent; calls are applied in order; rejects when the bus cannot be written (the driver keeps nothing:
   * the caller retries with newer facts).
   */
  publish(changes: ReadonlyMap<FactKey, JsonValue | null>): Promise<void>;
  /** Aborted when the bus declared this lease dead; join again and publish everything. */
  readonly lost: AbortSignal;
  /** Withdraws all facts. Idempotent. */
  close(): Promise<void>;
}

/** A leader lock. Check `fencing` (grows with each holder) before every write to the outside. */
export interface LeaderLock {
  readonly name: string;
  readonly fencing: number;
  /** Aborted as soon as holding is no longer certain. */
  readonly lost: AbortSignal;
  /** Asks the bus whether this holder still holds. Never throws: not certain is false. */
  verify(): Promise<boolean>;
  release(): Promise<void>;
}

export interface BusStatus {
  readonly driver: string;
  readonly connected: boolean;
  /** What is wrong, in words for an operator; null when connected. */
  readonly problem: string | null;
  /** Milliseconds since the epoch of the last successful read, null before the first. */
  readonly lastContactMs: number | null;
}

/**
 * What all hosts share: the latest value of everything, never a queue. One bus object serves one environment and isolates
 * it from others on the same store.
 */
export interface Bus {
  /**
   * Takes this host's place. `previous` facts of the same host id from an earlier incarnation are replaced by the first
   * publish. Rejects when the bus cannot be reached; may be called again.
   */
  join(hostId: string, signal: AbortSignal): Promise<Lease>;
  /**
   * First everything there is, then changes, coalesced while the consumer is busy. Survives loss of the connection: it
   * resumes by itself and yields what changed meanwhile. An unreachable bus yields nothing (it is not empty). Ends when
   * `signal` aborts. May run several times at once.
   */
  watch(signal: AbortSignal): AsyncIterable<BusBatch>;
  get(key: string): Promise<Document | null>;
  /** All documents whose key starts with `prefix`. */
  list(prefix: string): Promise<ReadonlyMap<string, Document>>;
  /** Writes if the key's revision is `expect` (0: must not exist); without `expect` always. Durable when resolved. */
  put(key: string, value: JsonValue, expect?: number): Promise<PutResult>;
  /** Deletes if the key's revision is `expect`; without `expect` always. Deleting what is not there succeeds. */
  delete(key: string, expect?: number): Promise<PutResult>;
  /** Waits until this holder leads `name` or `signal` aborts (then rejects with the abort reason). */
  lock(name: string, signal: AbortSignal): Promise<LeaderLock>;
  status(): BusStatus;
  /** Idempotent; leaves no timer, socket or file open. Does not withdraw leases: an agent that restarts keeps its place. */
  close(): Promise<void>;
}
