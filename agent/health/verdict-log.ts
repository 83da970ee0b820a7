import { type Container, eachDifference, type HealthState } from '../../model/index.ts';
import type { StateStore } from '../../state/index.ts';
import type { Log } from '../../system/index.ts';
import { createHealthReader, formatVote, type HostView } from '../../view/index.ts';

export interface VerdictSources {
  readonly store: Pick<StateStore, 'subscribe'>;
  readonly view: () => HostView;
  readonly log: Log;
}

/** How often a container of this host has changed to each health. `unchecked`: there is no result any more. */
export type VerdictCounts = ReadonlyMap<HealthText, number>;

type HealthText = HealthState | 'unchecked';

type Containers = ReadonlyMap<string, Container>;

/** Logs each change of the health of this host's containers with the votes that led to it, and counts them. Ends with `signal`. */
export function followVerdicts({ store, view, log }: VerdictSources, signal: AbortSignal): VerdictCounts {
  const counts = new Map<HealthText, number>();
  let before = ownContainers(view());
  const look = (): void => {
    const newest = view();
    const now = ownContainers(newest);
    eachDifference(before, now, (_id, old, container) => {
      const to = old && container ? changedTo(old, container) : null;
      if (!old || !container || to === null) return;
      counts.set(to, (counts.get(to) ?? 0) + 1);
      log.info(fieldsOf(newest, old, container), 'the health of a container changed');
    });
    before = now;
  };
  signal.addEventListener('abort', store.subscribe(look), { once: true });
  return counts;
}

function ownContainers({ snapshot, hostId }: HostView): Containers {
  return snapshot.hosts.get(hostId)?.containers ?? NONE;
}

const NONE: Containers = new Map();

/** Null: the health is the same, or the first verdict only says that there is no result yet. */
function changedTo(old: Container, { state, health }: Container): HealthText | null {
  if (health === old.health || (state !== 'running' && state !== 'starting')) return null;
  const isFirst = old.health === null && (health === 'initializing' || health === 'reinitializing');
  return isFirst ? null : textOf(health);
}

function textOf(health: HealthState | null): HealthText {
  return health ?? 'unchecked';
}

function fieldsOf(view: HostView, old: Container, container: Container) {
  const { name, stack, service, health } = container;
  const votes = createHealthReader(view)(container).votes.map((vote) => formatVote(vote));
  return { container: name, stack, service, from: textOf(old.health), to: textOf(health), votes };
}
