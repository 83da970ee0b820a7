import type { Bus } from '../../bus/index.ts';
import { listTurns, type NextAction, nextAction, type TurnDocument } from '../../healthcheck/index.ts';
import { type Container, type HealthCheck, type HealthState, voteSubject, votesOf } from '../../model/index.ts';
import { type Clock, limited } from '../../system/index.ts';
import { checkerHosts, checkersIn, type HostView, type ServiceView, serviceCheck } from '../../view/index.ts';

/** What one host says about a container. */
export interface VoteRow {
  readonly host: string;
  /** `waiting`: the check has not passed since the start. `none`: the host does not say anything. */
  readonly opinion: 'up' | 'down' | 'waiting' | 'none';
  /** Milliseconds since the epoch; null for `none`. */
  readonly sinceMs: number | null;
  /** The last result in HAProxy's words. */
  readonly text: string;
}

/** A container with a health check. */
export interface HealthRow {
  readonly stack: string;
  readonly service: string;
  readonly container: string;
  readonly host: string;
  readonly state: Container['state'];
  /** Null: there is no result yet. */
  readonly health: HealthState | null;
  /** Null: the container is checked by Docker alone. */
  readonly check: HealthCheck | null;
  /** Of the hosts that check it, its own first. */
  readonly votes: readonly VoteRow[];
  /** What Drover does next about it. */
  readonly next: NextAction;
}

export interface HealthContext {
  /** What the hosts have agreed on about recreations; null: the bus does not answer. */
  readonly turns: ReadonlyMap<string, TurnDocument> | null;
  readonly nowMs: number;
}

const BUS_MS = 2_000;

/** The containers with a health check as of now, also while the bus does not answer. */
export async function readHealth(
  { bus, clock }: { readonly bus: Pick<Bus, 'list'>; readonly clock: Pick<Clock, 'now'> },
  view: HostView,
): Promise<readonly HealthRow[]> {
  const turns = await limited({ timeoutMs: BUS_MS, who: 'the bus' }, () => listTurns(bus)).catch(() => null);
  return listHealth(view, { turns, nowMs: clock.now() });
}

/** The containers with a health check, by service. */
export function listHealth(view: HostView, { turns, nowMs }: HealthContext): readonly HealthRow[] {
  const checkers = checkersIn(view.snapshot);
  return [...view.stacks.values()]
    .flatMap(({ services }) => [...services.values()])
    .flatMap((service) => {
      const check = serviceCheck(service);
      const checked = service.containers.filter(({ health }) => check !== null || health !== null);
      return checked.map((container) =>
        rowOf(view, service, check, {
          container,
          voters: check === null ? [] : checkerHosts(view, container, checkers),
          next: nextAction(view, container, turns, nowMs),
        }),
      );
    });
}

function rowOf(
  { snapshot }: HostView,
  { stack, name, primaryService }: ServiceView,
  check: HealthCheck | null,
  { container, voters, next }: Pick<HealthRow, 'next'> & { container: Container; voters: readonly string[] },
): HealthRow {
  const nameOf = (hostId: string): string => snapshot.hosts.get(hostId)?.host?.name ?? hostId;
  return {
    stack,
    service: name === primaryService ? name : `${primaryService}/${name}`,
    container: container.name,
    host: nameOf(container.hostId),
    state: container.state,
    health: container.health,
    check,
    votes: voters.map((hostId) => ({ host: nameOf(hostId), ...voteOf(snapshot, container, hostId) })),
    next,
  };
}

function voteOf({ hosts }: HostView['snapshot'], container: Container, hostId: string): Omit<VoteRow, 'host'> {
  const state = hosts.get(hostId);
  const vote = state && votesOf(state).get(voteSubject(container));
  if (vote?.startedAtMs !== container.startedAtMs) return { opinion: 'none', sinceMs: null, text: '' };
  const { up, wasUp, sinceMs, text } = vote as NonNullable<typeof vote>;
  return { opinion: up ? 'up' : wasUp ? 'down' : 'waiting', sinceMs, text };
}
