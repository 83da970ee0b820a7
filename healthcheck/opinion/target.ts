import type { HealthCheck } from '../../model/index.ts';

/** A container that this host checks. */
export interface Target {
  /** Host of the container. */
  readonly hostId: string;
  readonly containerId: string;
  /** Start of the container. Another start is another target: nothing is known about it. */
  readonly startedAtMs: number;
  /** Null for a command, which runs in the container. */
  readonly address: string | null;
  readonly port: number;
  /** The hosts that always vote about it. Another host votes only if it would change their verdict. */
  readonly voters: readonly string[];
  readonly check: Pick<
    HealthCheck,
    | 'requestLine'
    | 'expectedStatus'
    | 'exec'
    | 'intervalMs'
    | 'responseTimeoutMs'
    | 'healthyThreshold'
    | 'unhealthyThreshold'
  >;
}

/** What this host says about one start of a container. */
export interface Opinion {
  readonly startedAtMs: number;
  readonly up: boolean;
  /** Whether this host has seen it up since that start. */
  readonly wasUp: boolean;
  /** Milliseconds since the epoch. */
  readonly sinceMs: number;
  /** The result that led to it, in HAProxy's words: `Layer4 timeout`. */
  readonly text: string;
}
