import type { HealthCheck, HealthState } from '../../model/index.ts';

/** A container of a service, on any host. */
export interface ServiceMember {
  readonly id: string;
  /** The verdict; null: the container has no health check. */
  readonly health: HealthState | null;
  /** Since when it has this health. */
  readonly sinceMs: number;
}

type Strategy = Pick<
  HealthCheck,
  'strategy' | 'recreateOnQuorum' | 'initializingTimeoutMs' | 'reinitializingTimeoutMs'
>;

export type RecreationDecision =
  | { readonly kind: 'leave' }
  /** It is to be recreated as soon as the reason is gone. */
  | { readonly kind: 'wait'; readonly why: string }
  | { readonly kind: 'recreate'; readonly why: string };

/** A new container that is still initializing after this time has failed, if its check has no `initializing_timeout`. */
const DEFAULT_INITIALIZING_MS = 60_000;

/**
 * Whether the container `id` may be recreated now, from the health of all containers of its service. Containers that are initializing
 * do not count as healthy. A container that never became healthy in time serves nobody, so no quorum protects it. Pure.
 */
export function decideRecreation(
  { strategy, recreateOnQuorum, ...timeouts }: Strategy,
  id: string,
  members: readonly ServiceMember[],
  nowMs: number,
): RecreationDecision {
  const member = members.find((one) => one.id === id);
  if (strategy === 'none' || !member) return { kind: 'leave' };
  const { health, sinceMs } = member;
  if (health === 'initializing' || health === 'reinitializing') {
    const limitMs = timeouts[`${health}TimeoutMs`];
    const isLate = limitMs !== null && nowMs - sinceMs >= limitMs;
    return isLate ? { kind: 'recreate', why: `${health} for more than ${limitMs} ms` } : { kind: 'leave' };
  }
  if (health !== 'unhealthy') return { kind: 'leave' };
  if (strategy === 'recreate') return { kind: 'recreate', why: 'unhealthy' };
  const quorum = recreateOnQuorum ?? 1;
  const healthy = members.filter((one) => isHealthy(one.health)).length;
  const why = `unhealthy, and ${healthy} of the service are healthy; the quorum is ${quorum}`;
  return { kind: healthy >= quorum ? 'recreate' : 'wait', why };
}

/** What became of a new container: `pending` until it becomes healthy or its time is over. Null: it does not exist any more. Pure. */
export function outcomeOf(
  { initializingTimeoutMs }: Pick<HealthCheck, 'initializingTimeoutMs'>,
  member: ServiceMember | null,
  nowMs: number,
): 'healthy' | 'failed' | 'pending' {
  if (!member) return 'failed';
  const { health, sinceMs } = member;
  // Unhealthy: its check has passed once.
  if (health !== 'initializing' && health !== 'reinitializing') return 'healthy';
  return nowMs - sinceMs >= (initializingTimeoutMs ?? DEFAULT_INITIALIZING_MS) ? 'failed' : 'pending';
}

function isHealthy(health: HealthState | null): boolean {
  return health === 'healthy' || health === 'updating-healthy';
}
