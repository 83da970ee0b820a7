import type { Clock, Log } from '../system/index.ts';
import type { AnswererOptions } from './answer/answerer.ts';
import type { DnsControlDependencies } from './control/serve-control.ts';
import type { ExtensionPlace } from './extension/extension.ts';
import type { Recorder } from './metrics/recorder.ts';
import type { Served } from './metrics/report.ts';
import type { NameSource } from './query/name-source.ts';
import type { ForwarderOptions } from './upstream/create-forwarder.ts';
import type { Forwarding } from './upstream/forwarder.ts';

/** What a source of names receives from the server that uses it. */
export interface SourceContext {
  readonly recorder: Recorder;
  /** Aborts when the server closes. */
  readonly signal: AbortSignal;
}

export interface NamesDependencies {
  readonly source: (context: SourceContext) => NameSource;
  /** Revision and age of the answers, for the report. */
  readonly served: () => Served;
  /** Default upstream resolvers, `address` or `address:port` (`[v6]:port`), in order; a new array when they change. */
  readonly upstreams: () => readonly string[];
  /** Reads the source again; absent if it follows changes without that. */
  readonly reload?: NonNullable<DnsControlDependencies['reload']>;
  /** Wraps the forwarding to upstreams. */
  readonly adaptForwarding?: (forwarding: Forwarding) => Forwarding;
  /** Calls the listener after each change of the answers; returns the unsubscribe. Absent: changes are found at the next query. */
  readonly onChange?: (listener: () => void) => () => void;
  /** Calls the listeners of changes with no real change, before the first answer. */
  readonly rehearse?: () => void;
  /** Called when everything is prepared, before the server listens. */
  readonly onReady?: () => void;
  readonly clock: Clock;
  readonly log: Log;
}

export interface NamesOptions extends Pick<AnswererOptions, 'refuseAny' | 'udpPayloadBytes'> {
  /** UDP and TCP on each; port 0 takes a free one (the same for both). */
  readonly listen: readonly { readonly address: string; readonly port: number }[];
  /** TTL of our own names, default 1. */
  readonly ttlSeconds?: number;
  /** How upstreams are queried. */
  readonly forwarding?: ForwarderOptions;
  /** Whether to use recvmmsg and sendmmsg if they are available; default `auto`. */
  readonly batching?: 'auto' | 'off';
  /** Where the extensions run; default: none is started. */
  readonly extensions?: ExtensionPlace | null;
  /** Path of a unix socket that serves live queries and counters over HTTP; default: none. */
  readonly control?: string | null;
  /** Whether another Drover process may listen on the same ports until it leaves; default false: the ports must be free. */
  readonly handOver?: boolean;
}
