import type { Registry } from 'prom-client';
import { createHealthReader, type HostView } from '../../view/index.ts';
import { addMetrics, type Metric, type Sample } from '../metrics/metric-table.ts';
import type { HealthStatus } from './health-status.ts';

export interface HealthNumbers {
  /** Null: this host makes no checks. */
  readonly health: HealthStatus | null;
  /** Containers of this host by health. */
  readonly containers: ReadonlyMap<string, number>;
}

const STATES = ['initializing', 'reinitializing', 'healthy', 'unhealthy', 'unchecked'] as const;

/** How many running containers of this host have each health. `unchecked`: a check is declared, but there is no result yet. */
export function countByHealth(view: HostView): HealthNumbers['containers'] {
  const counts = new Map<string, number>(STATES.map((state) => [state, 0]));
  const read = createHealthReader(view);
  for (const container of view.snapshot.hosts.get(view.hostId)?.containers.values() ?? []) {
    if (container.state !== 'running' && container.state !== 'starting') continue;
    const state = container.health ?? (read(container).check === null ? null : 'unchecked');
    if (state !== null) counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  return counts;
}

/** Adds the metrics of the health checks. */
export function addHealth(registry: Registry, numbers: () => HealthNumbers): void {
  addMetrics(registry, 'drover_health_', METRICS, numbers);
}

const METRICS: readonly Metric<HealthNumbers>[] = [
  {
    name: 'containers',
    help: 'Running containers of this host that have a health check, by health',
    labels: ['state'],
    read: ({ containers }) => labelled('state', containers),
  },
  {
    name: 'changes_total',
    help: 'Times that a container of this host has changed to this health',
    labels: ['state'],
    read: ({ health }) => labelled('state', Object.entries(health?.changes ?? {})),
  },
  {
    name: 'targets',
    help: 'Containers of all hosts that this host checks, by its own result',
    labels: ['result'],
    read: ({ health }) => labelled('result', Object.entries(health?.targets ?? {})),
  },
  {
    name: 'held',
    help: 'Targets that pass again but still count as down because they flapped',
    read: ofChecker(({ held }) => held),
  },
  {
    name: 'voting',
    help: '1 while all results of this host count',
    read: ofChecker(({ able, suspended }) => Number(able && !suspended)),
  },
  {
    name: 'suspended',
    help: '1 while most targets fail at once, so that these losses do not count',
    read: ofChecker(({ suspended }) => Number(suspended)),
  },
  {
    name: 'haproxy_up',
    help: '1 while HAProxy makes the checks; absent while there is nothing to check',
    read: ofChecker(({ state }) => (state === 'idle' ? null : Number(state === 'connected'))),
  },
  {
    name: 'haproxy_restarts_total',
    help: 'Times that HAProxy was started again for a new kind of check',
    read: ofChecker(({ restarts }) => restarts),
  },
];

/** A number of the checker, without a label. */
function ofChecker(measure: (health: HealthStatus) => number | null): Metric<HealthNumbers>['read'] {
  return ({ health }) => {
    const value = health && measure(health);
    return value === null ? [] : [[{}, value]];
  };
}

function labelled(label: string, counts: Iterable<readonly [value: string, count: number]>): readonly Sample[] {
  return [...counts].map(([value, count]) => [{ [label]: value }, count]);
}
