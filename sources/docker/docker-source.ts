import type Docker from 'dockerode';
import type { FactsPart, SetHostFields } from '../../facts/index.ts';
import type { Problem } from '../../model/index.ts';
import type { Clock, Log } from '../../system/index.ts';

export interface DockerSourceDependencies {
  readonly docker: Docker;
  /** The facts below `container/` and `network/`; the source starts from their values, so that a restart loses nothing. */
  readonly facts: FactsPart;
  /** Fields of the fact `host` that Docker knows. */
  readonly setHost: SetHostFields<'hostname' | 'milliCpu' | 'memoryBytes'>;
  /** Called when the connection is established, after Docker's first list, and when it is lost. */
  readonly onConnection?: () => void;
  readonly clock: Clock;
  readonly log: Log;
}

export interface DockerSourceOptions {
  readonly hostId: string;
  /** Docker networks of this name (or with the label `drover.managed`) are of kind `managed`. */
  readonly managedNetworkName: string;
  readonly resyncIntervalMs: number;
  /** Left out of `Container.dns`: Drover must not become its own upstream. */
  readonly ourResolver: string;
}

export interface DockerSourceStatus {
  readonly connected: boolean;
  /** Why it is not connected, or why the last request failed; null when all is well. */
  readonly problem: Problem | null;
  /** Milliseconds since the epoch of the last complete comparison with Docker's list; null: facts are not complete yet. */
  readonly lastSyncMs: number | null;
  readonly containers: number;
  /** Version of the Engine API in use, null before the first connection. */
  readonly apiVersion: string | null;
  /** Labels and answers that cannot be parsed, one entry each; sorted by subject. */
  readonly badInputs: readonly Problem[];
}

/** The Docker Engine of this host as facts: `container/<Docker id>` and `network/<Docker network id>`. */
export interface DockerSource {
  /** Follows Docker until `signal` aborts and survives its failures; resolves when the last connection is closed. */
  run(signal: AbortSignal): Promise<void>;
  /**
   * Asks Docker for the container with an unknown address. True: a container has it, and the facts say so already. Calls for
   * one address share a request; requests are limited in rate. Never rejects: an answer that comes too late is false.
   */
  identify(address: string): Promise<boolean>;
  /** Path of the container's resolv.conf on this host; null: none yet, or not known. Not a fact. */
  resolvConfPath(containerId: string): string | null;
  /** Process id of the container's first process on this host; null: none, or not known. Not a fact. */
  processId(containerId: string): number | null;
  /** Names of the container's networks, also before its start; empty: not known. Not a fact. */
  networksOf(containerId: string): readonly string[];
  /**
   * Reports a running container as `stopping` from now on, before any signal, so that it gets no new traffic. Gives the function that
   * ends this. Nothing of it is kept: the next agent reports the container as it is.
   */
  retire(containerId: string): () => void;
  isConnected(): boolean;
  /** Whether Docker has listed all containers since the start: the facts are complete. */
  isComplete(): boolean;
  status(): DockerSourceStatus;
}
