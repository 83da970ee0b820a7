import type { Clock, Log, RunCommand } from '../../system/index.ts';
import type { TableFollower } from '../hot/index.ts';

/** A part of the DNS server that can be left out. `dns/extensions.ts` lists them. */
export interface Extension {
  /** The key of its state in the report. */
  readonly name: string;
  /** Never throws: what prevents it from working is in its state. */
  start(dependencies: ExtensionDependencies, place: ExtensionPlace): RunningExtension;
}

export interface ExtensionDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly run: RunCommand;
  /** False while live queries are shown: the general path has to answer all queries then. */
  readonly mayAnswer: () => boolean;
}

/** The server that an extension is part of. */
export interface ExtensionPlace {
  /** The section `dns` of the configuration. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** The address and port of the service. */
  readonly address: string;
  readonly port: number;
  /** The bridge of the managed network. */
  readonly bridge: string;
  /** File of the network namespace of the bridge; null: the namespace of this process. */
  readonly namespace: string | null;
  /** Published by the port guard; see `parsePortBindings`. */
  readonly portBindingsFile: string;
}

export interface RunningExtension {
  /** Gets a copy of the table of the hot path; null: none is needed. */
  readonly follower: TableFollower | null;
  report(): ExtensionReport;
  /** Containers came or went. */
  lookAgain(): void;
  /** Idempotent. */
  close(): void;
}

export interface ExtensionReport {
  /** A JSON object, for the report of the server. */
  readonly state: object;
  /** Part of the summary for people; null: nothing to say. */
  readonly summary: string | null;
  readonly metrics: readonly Metric[];
}

/** A metric in the form of Prometheus; its name follows `drover_dns_`. */
export interface Metric {
  readonly kind: 'counter' | 'gauge';
  readonly name: string;
  readonly help: string;
  readonly samples: readonly (readonly [labels: Readonly<Record<string, string>>, value: number])[];
}
