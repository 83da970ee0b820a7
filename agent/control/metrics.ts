import { Gauge, Registry } from 'prom-client';
import type { HostView } from '../../view/index.ts';
import { SERVERS } from '../children/server-table.ts';
import { addHealth, countByHealth, type HealthNumbers } from '../health/health-metrics.ts';
import { addLb, NO_LB } from './lb/lb-metrics.ts';
import { type LbSources, lbNumbers } from './lb/lb-sources.ts';
import { countEndpoints, type ServiceCounts } from './listing.ts';
import { addOverlay } from './overlay/overlay-metrics.ts';
import { type OverlayRow, readRows } from './overlay/overlay-page.ts';
import type { TunnelSources } from './overlay/tunnel-sources.ts';
import { type AgentStatus, problemsOf } from './status.ts';

/** Metrics of one host in Prometheus' text format, computed from its status at each scrape. */
export interface Metrics {
  readonly contentType: string;
  render(): Promise<string>;
}

export interface MetricsSources {
  readonly status: () => AgentStatus;
  readonly view: () => HostView;
  readonly lb: LbSources;
  readonly tunnels: TunnelSources;
}

export function createMetrics({ status: readStatus, view, lb, tunnels }: MetricsSources, now: () => number): Metrics {
  const registry = new Registry();
  let read = readStatus();
  let services: readonly ServiceCounts[] = [];
  let health: HealthNumbers = { health: null, containers: new Map() };
  let balancing = NO_LB;
  let paths: readonly OverlayRow[] = [];
  const status = (): AgentStatus => read;
  const gauge = (name: string, help: string, measure: (status: AgentStatus) => number | null): void => {
    new Gauge({
      name: `drover_${name}`,
      help,
      registers: [registry],
      collect() {
        const value = measure(status());
        if (value === null) this.reset();
        else this.set(value);
      },
    });
  };
  const age = (ms: number | null) => (ms === null ? null : Math.max(0, now() - ms) / 1000);
  gauge('state_revision', 'Revision of the state of this host', ({ state }) => state.revision);
  gauge('state_stale_seconds', 'How old the state is; 0 while it is followed live', ({ state }) =>
    state.staleSinceMs === null ? 0 : age(state.staleSinceMs),
  );
  gauge('bus_connected', '1 while the bus answers', ({ bus }) => Number(bus.connected));
  gauge('bus_last_contact_age_seconds', 'Since the last successful read', ({ bus }) => age(bus.lastContactMs));
  gauge('docker_connected', '1 while Docker answers', ({ docker }) => Number(docker.connected));
  gauge('docker_last_sync_age_seconds', "Since the last complete comparison with Docker's list", ({ docker }) =>
    age(docker.lastSyncMs),
  );
  gauge('hosts', 'Hosts known', ({ state }) => state.hosts);
  gauge('services', 'Services known', ({ state }) => state.services);
  gauge('containers', 'Containers known', ({ state }) => state.containers);
  gauge('hosts_silent', 'Hosts this one does not hear', ({ silentHosts }) => silentHosts.length);
  gauge('problems', 'What is not as it should be; drover status names it', (all) => problemsOf(all).length);
  addProcesses(registry, status);
  addParts(registry, status, age);
  addServices(registry, () => services);
  addHealth(registry, () => health);
  addLb(registry, () => balancing);
  addOverlay(registry, () => paths);
  return {
    contentType: registry.contentType,
    render: async () => {
      // Read once, so that all metrics show the same moment.
      read = readStatus();
      services = countEndpoints(view());
      balancing = await lbNumbers(lb);
      paths = await readRows(view(), tunnels);
      health = { health: read.health ?? null, containers: countByHealth(view()) };
      return `${await registry.metrics()}${await renderOwnMetrics(read)}`;
    },
  };
}

/** The metrics of processes that render their own, such as histograms. */
async function renderOwnMetrics({ processes }: AgentStatus): Promise<string> {
  const texts = await Promise.all(processes.map(({ name, report }) => SERVERS[name].renderMetrics?.(report) ?? ''));
  return texts.join('');
}

function addProcesses(registry: Registry, status: () => AgentStatus): void {
  const labelNames = ['process'];
  const registers = [registry];
  const each = (gauge: Gauge, read: (one: AgentStatus['processes'][number]) => number | null): void => {
    gauge.reset();
    for (const one of status().processes) {
      const value = read(one);
      if (value !== null) gauge.set({ process: one.name }, value);
    }
  };
  new Gauge({
    name: 'drover_process_up',
    help: '1 while the process follows the state',
    labelNames,
    registers,
    collect() {
      each(this, ({ connected }) => Number(connected));
    },
  });
  new Gauge({
    name: 'drover_process_applied_revision',
    help: 'Revision the process applied last',
    labelNames,
    registers,
    collect() {
      each(this, ({ appliedRevision }) => appliedRevision);
    },
  });
  new Gauge({
    name: 'drover_process_restarts',
    help: 'Times it ended by itself',
    labelNames,
    registers,
    collect() {
      each(this, ({ child }) => child?.restarts ?? null);
    },
  });
  new Gauge({
    name: 'drover_process_counter',
    help: 'Counters as the process reports them (dns has metrics of its own)',
    labelNames: ['process', 'counter'],
    registers,
    collect() {
      this.reset();
      for (const { name, report } of status().processes.filter(({ name }) => !SERVERS[name].renderMetrics))
        for (const [counter, value] of countersOf(report)) this.set({ process: name, counter }, value);
    },
  });
}

function addParts(registry: Registry, status: () => AgentStatus, age: (ms: number | null) => number | null): void {
  const labelNames = ['part'];
  const registers = [registry];
  new Gauge({
    name: 'drover_part_failing',
    help: '1 while a part of the agent fails',
    labelNames,
    registers,
    collect() {
      for (const { name, problems } of status().parts) this.set({ part: name }, Number(problems.length > 0));
    },
  });
  new Gauge({
    name: 'drover_part_last_done_age_seconds',
    help: 'Since it last left nothing to do',
    labelNames,
    registers,
    collect() {
      for (const { name, lastAppliedAtMs } of status().parts) {
        const value = age(lastAppliedAtMs);
        if (value !== null) this.set({ part: name }, value);
      }
    },
  });
}

function addServices(registry: Registry, rows: () => readonly ServiceCounts[]): void {
  const gauge = (name: string, help: string, measure: (row: ServiceCounts) => number): void => {
    new Gauge({
      name: `drover_service_${name}`,
      help,
      labelNames: ['stack', 'service'],
      registers: [registry],
      collect() {
        this.reset();
        for (const row of rows()) this.set({ stack: row.stack, service: row.service }, measure(row));
      },
    });
  };
  gauge('endpoints', 'Endpoints of a service, answered or not', ({ total }) => total);
  gauge('endpoints_ready', 'Endpoints of a service that are ready and reachable', ({ ready }) => ready);
  gauge('endpoints_answered', 'Endpoints of a service that DNS answers on this host', ({ answered }) => answered);
}

/** Every number in a report, by its path: `answers.NOERROR`. */
function countersOf(report: unknown, path = ''): readonly (readonly [string, number])[] {
  if (typeof report === 'number') return [[path, report]];
  if (typeof report !== 'object' || report === null) return [];
  return Object.entries(report).flatMap(([key, value]) => countersOf(value, path === '' ? key : `${path}.${key}`));
}
