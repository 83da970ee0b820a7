import type { Container, HealthCheck, HealthState } from '../../model/index.ts';
import { createHealthReader, type HostView, serviceOf } from '../../view/index.ts';
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

/** Null: the container does not run, or Drover does not check it. `read`: of this view, shared by several containers. Pure. */
export function subjectOf(view: HostView, container: Container, read = createHealthReader(view)): Subject | null {
  const { check } = read(container);
  if (!check || !runs(container)) return null;
  const service = serviceOf(view, container);
  const members = (service?.containers ?? [container]).filter(runs).map((one) => memberOf(one, read));
  const request: TurnRequest = {
    service: service?.key ?? `${container.hostId}/${container.name}`,
    container: container.name,
    createdAtMs: container.createdAtMs,
    isExclusive: check.strategy === 'recreateOnQuorum',
    get healthySinceMs() {
      const since = members.filter(({ health }) => isHealthy(health)).map(({ sinceMs }) => sinceMs);
      return since.length === 0 ? null : Math.max(...since);
    },
  };
  return { container, check, members, request };
}

/** Pure. */
export function decideOn({ container, check, members }: Subject, nowMs: number): RecreationDecision {
  return decideRecreation(check, container.id, members, nowMs);
}

/** The containers of this host that a check has found fault with. Pure. */
export function subjectsOn(view: HostView): readonly Subject[] {
  const read = createHealthReader(view);
  const own = view.snapshot.hosts.get(view.hostId)?.containers.values() ?? [];
  return [...own]
    .filter(({ health }) => health !== null && !isHealthy(health))
    .flatMap((container) => subjectOf(view, container, read) ?? [])
    .filter(({ check }) => check.strategy !== 'none');
}

function runs({ state }: Container): boolean {
  return state === 'running' || state === 'starting';
}

/** The time is computed when it is read, because that takes the votes of several hosts. */
function memberOf(container: Container, read: ReturnType<typeof createHealthReader>): ServiceMember {
  return {
    id: container.id,
    health: healthOf(container),
    get sinceMs() {
      return read(container).sinceMs ?? container.startedAtMs ?? 0;
    },
  };
}

/** Docker's own check makes a container unhealthy that was never ready. Such a container is left to the timeouts. */
function healthOf({ health, wasReady, startCount }: Container): HealthState | null {
  if (health !== 'unhealthy' || wasReady) return health;
  return startCount > 1 ? 'reinitializing' : 'initializing';
}
