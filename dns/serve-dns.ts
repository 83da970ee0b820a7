import type { Clock, Log } from '../system/index.ts';
import type { HostView } from '../view/index.ts';

export interface DnsDependencies {
  /** The newest view; asked once a query. */
  readonly view: () => HostView;
  /**
   * Called for a query from an address in a network of this host that nobody is known to have: looks once whether a
   * container has it now. True: the view knows it, or will in a moment. Calls for one address are made one at a time.
   */
  readonly identify: (address: string) => Promise<boolean>;
  /** Default upstream resolvers, `address` or `address:port` (`[v6]:port`), in order; asked once a forwarded query. */
  readonly upstreams: () => readonly string[];
  readonly clock: Clock;
  readonly log: Log;
}

export interface DnsOptions {
  /** UDP and TCP on each; port 0 takes a free one (the same for both). */
  readonly listen: readonly { readonly address: string; readonly port: number }[];
  /** TTL of our own names, default 1. */
  readonly ttlSeconds?: number;
  /** What `rancher-metadata` stands for, default 169.254.169.250. */
  readonly metadataAddress?: string;
  /** How long a query from an unknown local address waits for `identify`, default 250. */
  readonly holdMs?: number;
  /** Address queries go upstream from; default: the system's choice. */
  readonly upstreamSource?: string | null;
}

export interface DnsStats {
  readonly queries: number;
  readonly forwarded: number;
  /** Queries that waited for `identify`. */
  readonly held: number;
  /** Messages that were not answered as a query: broken, or replies. */
  readonly malformed: number;
  /** Answers by name of the rcode. */
  readonly answers: Readonly<Record<string, number>>;
}

export interface DnsServer {
  /** What it really listens on, in the order of `listen`. */
  readonly addresses: readonly { readonly address: string; readonly port: number }[];
  stats(): DnsStats;
  /** Idempotent; resolves when the last socket and timer is gone. */
  close(): Promise<void>;
}

/** Answers DNS on UDP and TCP. Rejects when an address cannot be bound, saying which. */
export async function serveDns(_dependencies: DnsDependencies, _options: DnsOptions): Promise<DnsServer> {
  throw new Error('not yet');
}
