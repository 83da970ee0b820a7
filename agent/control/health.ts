import type { Bus } from '../../bus/index.ts';
import { listTurns, type NextAction, nextAction, type TurnDocument } from '../../healthcheck/index.ts';
import type { Container, HealthState } from '../../model/index.ts';
import { type Clock, limited } from '../../system/index.ts';
import { type ContainerHealth, createHealthReader, type HostView, serviceOf } from '../../view/index.ts';

/** A container, its health, and what each host that checks it says. */
export interface HealthRow extends ContainerHealth {
  /** Null for a standalone container. */
  readonly stack: string | null;
  readonly service: string | null;
  readonly container: string;
  readonly host: string;
  readonly state: Container['state'];
  /** Null: there is no check, or no result yet. */
  readonly health: HealthState | null;
  /** What Drover does next about it; null: there is no check. */
  readonly next: NextAction | null;
}

export interface HealthContext {
  /** What the hosts have agreed on about recreations; null: the bus does not answer. */
  readonly turns: ReadonlyMap<string, TurnDocument> | null;
  readonly nowMs: number;
}

const BUS_MS = 2_000;

/** The health of all containers as of now, also while the bus does not answer. */
export async function readHealth(
  { bus, clock }: { readonly bus: Pick<Bus, 'list'>; readonly clock: Pick<Clock, 'now'> },
  view: HostView,
): Promise<readonly HealthRow[]> {
  const turns = await limited({ timeoutMs: BUS_MS, who: 'the bus' }, () => listTurns(bus)).catch(() => null);
  return listHealth(view, { turns, nowMs: clock.now() });
}

/** All containers, by service; then the standalone ones by host. */
export function listHealth(view: HostView, context: HealthContext): readonly HealthRow[] {
  const read = createHealthReader(view);
  const services = [...view.stacks.values()].flatMap((stack) => [...stack.services.values()]);
  const alone = [...view.snapshot.hosts.values()].flatMap(({ containers }) => [
    ...containers.values().filter(({ service }) => service === null),
  ]);
  const all = [...services.flatMap(({ containers }) => containers), ...alone];
  return all.map((container) => rowOf(view, container, read(container), context));
}

function rowOf(
  view: HostView,
  container: Container,
  given: ContainerHealth,
  { turns, nowMs }: HealthContext,
): HealthRow {
  const service = serviceOf(view, container);
  const isSidekick = service !== null && service.name !== service.primaryService;
  return {
    stack: service?.stack ?? null,
    service: service && (isSidekick ? `${service.primaryService}/${service.name}` : service.name),
    container: container.name,
    host: view.snapshot.hosts.get(container.hostId)?.host?.name ?? container.hostId,
    state: container.state,
    health: container.health,
    ...given,
    next: isChecked(given) ? nextAction(view, container, turns, nowMs) : null,
  };
}

function isChecked({ check, votes }: ContainerHealth): boolean {
  return check !== null || votes.length > 0;
}
