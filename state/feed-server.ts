import type { JsonValue } from '../model/index.ts';
import type { Log } from '../system/index.ts';
import type { StateStore } from './store.ts';

export interface FeedServerDependencies {
  readonly store: StateStore;
  readonly log: Log;
}

export interface FeedServerOptions {
  /** Path of the unix socket. */
  readonly path: string;
  /** Asked by a component that met an unknown address: resolves true once the snapshot knows it. */
  readonly onIdentify?: (address: string) => Promise<boolean>;
  readonly onReport?: (peer: FeedPeer, report: JsonValue) => void;
}

/** A component process on the feed, as it presented itself. */
export interface FeedPeer {
  readonly role: string;
  readonly version: string;
  readonly pid: number;
  /** The newest of our revisions it has applied, null before the first. */
  readonly appliedRevision: number | null;
  /** The last thing it reported. */
  readonly report: JsonValue;
}

export interface FeedServer {
  /** Those connected now. */
  peers(): readonly FeedPeer[];
  /** Idempotent; resolves when the socket and all connections are gone. */
  close(): Promise<void>;
}

/** Serves the store to component processes: the full picture once, then changes. Rejects if somebody serves there already. */
export function serveFeed(_dependencies: FeedServerDependencies, _options: FeedServerOptions): Promise<FeedServer> {
  throw new Error('not there yet');
}
