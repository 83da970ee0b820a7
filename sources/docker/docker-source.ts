import type Docker from 'dockerode';
import type { FactKey, FactMap } from '../../bus/index.ts';
import type { Host, JsonValue, Problem } from '../../model/index.ts';
import type { Clock, Log } from '../../system/index.ts';

export interface DockerSourceDependencies {
  readonly docker: Docker;
  readonly clock: Clock;
  readonly log: Log;
}

export interface DockerSourceOptions {
  readonly hostId: string;
  readonly hostName: string;
  /** The address other hosts reach this one at. */
  readonly hostAddress: string;
  readonly hostLabels: Readonly<Record<string, string>>;
  readonly agentVersion: string;
  /** Docker networks of this name (or with the label `drover.managed`) are of kind `managed`. */
  readonly managedNetworkName: string;
  readonly resyncIntervalMs: number;
  /** Left out of `Container.dns`: a container that lists us does not want us as its upstream. */
  readonly ourResolver: string;
  /** What this host last knew about itself (from the mirror): kept until Docker was seen, and `wasReady` lives on. */
  readonly initialFacts?: FactMap;
}

export interface DockerSourceStatus {
  readonly connected: boolean;
  /** Why it is not connected, or why the last look at Docker failed; null when all is well. */
  readonly problem: Problem | null;
  /** Milliseconds since the epoch of the last complete comparison with Docker's list; null: facts are not complete yet. */
  readonly lastSyncMs: number | null;
  readonly containers: number;
  /** Engine API version spoken, null before the first connection. */
  readonly apiVersion: string | null;
  /** Labels and answers that could not be understood, one entry each; sorted by subject. */
  readonly badInputs: readonly Problem[];
}

/** This host's Docker Engine as facts: `host`, `container/<Docker id>`, `network/<Docker network id>`. */
export interface DockerSource {
  /** Follows Docker until `signal` aborts, whatever happens to it; resolves when the last connection is closed. */
  run(signal: AbortSignal): Promise<void>;
  /** The newest facts, whole; a value that did not change keeps its identity. Kept while Docker is away. */
  facts(): FactMap;
  /** Calls with each change, synchronously and in order (null: gone). Gives the function that ends it. */
  onChange(listener: (changes: ReadonlyMap<FactKey, JsonValue | null>) => void): () => void;
  /**
   * Looks at Docker for an address nobody is known by. True: a container has it, and the facts say so already. Calls for
   * one address are one look; looks are limited in rate. Never rejects: what Docker does not answer in time is false.
   */
  identify(address: string): Promise<boolean>;
  /** Host fields that others know: subnets, incarnation, address. */
  updateHost(patch: Partial<Host>): void;
  /** Where Docker keeps the container's resolv.conf on this host; null: none yet, or not known. Local only, no fact. */
  resolvConfPath(containerId: string): string | null;
  /** Of the container's first process, as this host counts; null: it has none, or it is not known. Local only, no fact. */
  processId(containerId: string): number | null;
  status(): DockerSourceStatus;
}
