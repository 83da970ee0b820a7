/**
 * Health of one container in Rancher's words. Null: no health check. `initializing`: a check exists and has not passed yet.
 */
export type HealthState =
  | 'initializing'
  | 'reinitializing'
  | 'healthy'
  | 'updating-healthy'
  | 'unhealthy'
  | 'updating-unhealthy';

/** A health check as declared for a service: a command if there is `exec`, else a request if there is `requestLine`, else a TCP connect. */
export interface HealthCheck {
  /** 0 for a command. */
  readonly port: number;
  readonly requestLine: string | null;
  /** HTTP statuses that pass: `200-299,304`. Null: 200 to 399. */
  readonly expectedStatus: string | null;
  /** A program in the container and its arguments. */
  readonly exec: readonly string[] | null;
  readonly intervalMs: number;
  readonly responseTimeoutMs: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
  readonly initializingTimeoutMs: number | null;
  readonly reinitializingTimeoutMs: number | null;
  readonly strategy: 'none' | 'recreate' | 'recreateOnQuorum';
  /** For `recreateOnQuorum`. */
  readonly recreateOnQuorum: number | null;
}

/** What counts where a check says nothing: Rancher's own defaults, except that Drover recreates nothing. The port has none. */
export const defaultHealthCheck: Omit<HealthCheck, 'port'> = {
  requestLine: null,
  expectedStatus: null,
  exec: null,
  intervalMs: 2_000,
  responseTimeoutMs: 2_000,
  healthyThreshold: 2,
  unhealthyThreshold: 3,
  initializingTimeoutMs: null,
  reinitializingTimeoutMs: null,
  strategy: 'none',
  recreateOnQuorum: null,
};
