import type { Clock, Log } from '../system/index.ts';
import type { HostView } from '../view/index.ts';

export interface ListenAddress {
  readonly address: string;
  /** 0: any free port. */
  readonly port: number;
}

/** What the metadata server reads. */
export interface MetadataSources {
  /** The newest view; called once per request and per wake-up. */
  readonly view: () => HostView;
  /** Tells the listener after each replacement of the view; gives what ends that. */
  readonly onViewChange: (listener: () => void) => () => void;
  /** Asks for an inspect of what has this address; resolves with whether it is known now. May hang: it is bounded here. */
  readonly identify: (address: string) => Promise<boolean>;
  readonly log: Log;
  readonly clock: Clock;
}

export interface MetadataOptions {
  readonly listen: readonly ListenAddress[];
  /** Sends the Content-Type the original sent: sniffed from the body, so that JSON is `text/plain`. Default false. */
  readonly compatContentType?: boolean;
  /** Addresses and CIDRs whose `X-Forwarded-For` is believed. Default none. */
  readonly trustedProxies?: readonly string[];
  /** Connections at once, over all addresses; further ones are closed at once. Default 4096. */
  readonly maxConnections?: number;
}

/** Counters since the start, except `connections` and `waiting`, which are of now. */
export interface MetadataStats {
  readonly requests: number;
  readonly notFound: number;
  readonly badRequests: number;
  /** Requests held because their sender was not known yet. */
  readonly held: number;
  readonly connections: number;
  /** Long polls that wait. */
  readonly waiting: number;
}

export interface MetadataServer {
  /** The first bound address, with its real port. */
  readonly address: ListenAddress;
  readonly addresses: readonly ListenAddress[];
  stats(): MetadataStats;
  /** Answers the long polls that wait with the present value, then ends all connections. Idempotent. */
  close(): Promise<void>;
}

/** Serves a host's view at the paths and in the formats of Rancher's metadata service. */
export async function serveMetadata(_sources: MetadataSources, _options: MetadataOptions): Promise<MetadataServer> {
  throw new Error('not there yet');
}
