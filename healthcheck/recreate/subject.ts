import {
  type Container,
  type HealthCheck,
  type HealthState,
  healthCheckOfLabels,
  type Vote,
  voteSubject,
  votesOf,
} from '../../model/index.ts';
import { type HostView, serviceCheck, serviceOf } from '../../view/index.ts';
import { decideRecreation, isHealthy, type RecreationDecision, type ServiceMember } from './quorum.ts';
import type { TurnRequest } from './turn.ts';

/** A container with a health check, and what decides on its recreation. */
export interface Subject {
  readonly container: Container;
  readonly check: HealthCheck;
  /** All containers of its service that run, on all hosts. */
  readonly members: readonly ServiceMember[];
  /** What it asks the other hosts before it is recreated. */
  readonly request: TurnRequest;
}

/** Null: Drover never recreates the container in its present state. Pure. */
export function subjectOf(view: HostView, container: Container): Subject | null {
  const service = serviceOf(view, container);
  const check = service ? serviceCheck(service) : healthCheckOfLabels(container.labels);
  if (!check || !runs(container)) return null;
  const members = (service?.containers ?? [container]).filter(runs).map((one) => memberOf(view, one));
  const healthySince = members.filter(({ health }) => isHealthy(health)).map(({ sinceMs }) => sinceMs);
  const request = {
    service: service?.key ?? `${container.hostId}/${container.name}`,
    container: container.name,
    createdAtMs: container.createdAtMs,
    isExclusive: check.strategy === 'recreateOnQuorum',
    healthySinceMs: healthySince.length === 0 ? null : Math.max(...healthySince),
  };
  return { container, check, members, request };
}

/** Pure. */
export function decideOn({ container, check, members }: Subject, nowMs: number): RecreationDecision {
  return decideRecreation(check, container.id, members, nowMs);
}

/** The containers of this host that a check has found fault with. Pure. */
export function subjectsOn(view: HostView): readonly Subject[] {
  const own = view.snapshot.hosts.get(view.hostId)?.containers.values() ?? [];
  return [...own]
    .filter(({ health }) => health !== null && !isHealthy(health))
    .flatMap((container) => subjectOf(view, container) ?? [])
    .filter(({ check }) => check.strategy !== 'none');
}

function runs({ state }: Container): boolean {
  return state === 'running' || state === 'starting';
}

function memberOf({ snapshot }: HostView, container: Container): ServiceMember {
  const { id, startedAtMs } = container;
  const health = healthOf(container);
  const since: number[] = [];
  for (const host of snapshot.hosts.values()) {
    const vote: Vote | undefined = votesOf(host).get(voteSubject(container));
    if (vote?.startedAtMs === startedAtMs && vote.up === isHealthy(health)) since.push(vote.sinceMs);
  }
  return { id, health, sinceMs: since.length > 0 ? Math.min(...since) : (startedAtMs ?? 0) };
}

/** Docker's own check makes a container unhealthy that was never ready. Such a container is left to the timeouts. */
function healthOf({ health, wasReady, startCount }: Container): HealthState | null {
  if (health !== 'unhealthy' || wasReady) return health;
  return startCount > 1 ? 'reinitializing' : 'initializing';
}
