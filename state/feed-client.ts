import type { JsonValue, Problem, Snapshot } from '../model/index.ts';
import type { Clock, Log } from '../system/index.ts';

export interface FeedClientDependencies {
  readonly clock: Clock;
  readonly log: Log;
}

export interface FeedClientOptions {
  /** Path of the agent's unix socket. */
  readonly path: string;
  /** The agent's mirror, read while the agent is away; null: none. */
  readonly mirrorPath: string | null;
  /** `dns`, `metadata`. */
  readonly role: string;
  readonly version: string;
  readonly signal: AbortSignal;
}

export interface FeedState {
  readonly snapshot: Snapshot;
  /** The host this feed belongs to. */
  readonly hostId: string;
}

export interface FeedStatus {
  /** Whether the agent feeds us and the full picture has arrived. */
  readonly connected: boolean;
  /** Since when the snapshot may be old (milliseconds since the epoch); null while connected, or when there is none. */
  readonly staleSinceMs: number | null;
  /** The agent's revision applied last, null before the first. */
  readonly revision: number | null;
}

export interface FeedClient {
  /** Null until the disk mirror or the agent gave a first picture. */
  current(): FeedState | null;
  /** Called in the same tick after each change; not called for what `current()` has already. */
  subscribe(listener: (state: FeedState) => void): () => void;
  /** Called when `status().connected` changes. */
  onStatus(listener: (status: FeedStatus) => void): () => void;
  status(): FeedStatus;
  /** Tells the agent something about this process (counters, what fails); the newest is sent again after a reconnect. */
  report(report: JsonValue): void;
  /** Asks the agent to find out whose address this is; true: the snapshot knows now. False when late or away. Default 250 ms. */
  identify(address: string, timeoutMs?: number): Promise<boolean>;
  problems(): readonly Problem[];
  /** Idempotent; the same as aborting `signal`, and waits. */
  close(): Promise<void>;
}

/** Follows the agent's feed for ever: at once from the disk mirror, then live; reconnects with backoff. */
export function connectFeed(_dependencies: FeedClientDependencies, _options: FeedClientOptions): FeedClient {
  throw new Error('not there yet');
}
