import type { HealthCheck, HealthState } from '../../model/index.ts';

/** A container of a service, on any host. */
export interface ServiceMember {
  readonly id: string;
  /** The verdict; null: there is no result yet, or the container is not running. */
  readonly health: HealthState | null;
  /** Since when it has this health. */
  readonly sinceMs: number;
}

type Strategy = Pick<
  HealthCheck,
  'strategy' | 'recreateOnQuorum' | 'initializingTimeoutMs' | 'reinitializingTimeoutMs'
>;

export type RecreationDecision =
  | { readonly kind: 'leave'; readonly why: string }
  /** It is to be recreated at this time if its health stays the same. */
  | { readonly kind: 'later'; readonly why: string; readonly atMs: number }
  /** It is to be recreated as soon as enough containers of the service are healthy. */
  | { readonly kind: 'wait'; readonly why: string }
  | { readonly kind: 'recreate'; readonly why: string };

/** A new container that is still initializing after this time has failed, if its check has no `initializing_timeout`. */
const DEFAULT_INITIALIZING_MS = 60_000;

/**
 * Whether the container `id` may be recreated now, from the health of all containers of its service. Containers that are initializing
 * do not count as healthy. Pure.
 */
export function decideRecreation(
  { strategy, recreateOnQuorum, ...timeouts }: Strategy,
  id: string,
  members: readonly ServiceMember[],
  nowMs: number,
): RecreationDecision {
  if (strategy === 'none') return { kind: 'leave', why: 'strategy none' };
  const member = members.find((one) => one.id === id);
  if (!member?.health) return { kind: 'leave', why: 'no result yet' };
  const { health, sinceMs } = member;
  if (isHealthy(health)) return { kind: 'leave', why: 'healthy' };
  if (health === 'initializing' || health === 'reinitializing') {
    const limitMs = timeouts[`${health}TimeoutMs`];
    if (limitMs === null) return { kind: 'leave', why: `${health}, without a timeout` };
    if (nowMs < sinceMs + limitMs) return { kind: 'later', why: health, atMs: sinceMs + limitMs };
  }
  if (strategy === 'recreate') return { kind: 'recreate', why: health };
  const quorum = recreateOnQuorum ?? 1;
  const healthy = members.filter((one) => isHealthy(one.health)).length;
  if (healthy >= quorum) return { kind: 'recreate', why: health };
  return { kind: 'wait', why: `${healthy} of ${members.length} healthy, quorum ${quorum}` };
}

/** What became of a container that was created at `createdAtMs`: `pending` until it becomes healthy or its time is over. Pure. */
export function outcomeOf(
  { initializingTimeoutMs }: Pick<HealthCheck, 'initializingTimeoutMs'>,
  health: HealthState | null,
  { createdAtMs, nowMs }: { readonly createdAtMs: number; readonly nowMs: number },
): 'healthy' | 'failed' | 'pending' {
  // Unhealthy: its check has passed once.
  if (health !== null && health !== 'initializing' && health !== 'reinitializing') return 'healthy';
  return nowMs - createdAtMs >= (initializingTimeoutMs ?? DEFAULT_INITIALIZING_MS) ? 'failed' : 'pending';
}

export function isHealthy(health: HealthState | null): boolean {
  return health === 'healthy' || health === 'updating-healthy';
}
