import type { Registry } from 'prom-client';
import type { Backend, LbStatus, LbTable, StatRow } from '../../../lb/index.ts';
import { addMetrics, type Metric, type Sample } from '../../metrics/metric-table.ts';
import { lbProblems } from './lb-page.ts';
import { liveRows, liveServers, type ServerState } from './live-servers.ts';
import { numberIn, trafficOf } from './traffic.ts';

/** What the metrics of the load balancer are computed from. */
export interface LbNumbers {
  /** Null: this host balances nothing. */
  readonly table: LbTable | null;
  /** Null: HAProxy does not reply. */
  readonly stat: readonly StatRow[] | null;
  readonly status: Pick<LbStatus, 'reloads' | 'reloadFailures' | 'generations' | 'serverChanges' | 'problems'>;
  /** End of each certificate in milliseconds since the epoch, by name. */
  readonly certificates: ReadonlyMap<string, number>;
}

export const NO_LB: LbNumbers = {
  table: null,
  stat: null,
  status: { reloads: 0, reloadFailures: 0, generations: 0, serverChanges: 0, problems: [] },
  certificates: new Map(),
};

/** Adds the metrics of the load balancer. */
export function addLb(registry: Registry, numbers: () => LbNumbers): void {
  addMetrics(registry, 'drover_lb_', METRICS, numbers);
}

const METRICS: readonly Metric<LbNumbers>[] = [
  {
    name: 'up',
    help: '1 while HAProxy replies; absent while this host balances nothing',
    read: whileUsed(({ stat }) => Number(stat !== null)),
  },
  {
    name: 'reloads_total',
    help: 'Reloads of HAProxy since the agent started',
    read: whileUsed(({ status }) => status.reloads),
  },
  {
    name: 'reload_failures_total',
    help: 'Configurations that HAProxy did not take over since the agent started',
    read: whileUsed(({ status }) => status.reloadFailures),
  },
  {
    name: 'server_changes_total',
    help: 'Servers that were added, removed, drained or weighted without a reload since the agent started',
    read: whileUsed(({ status }) => status.serverChanges),
  },
  {
    name: 'generations',
    help: 'Workers of HAProxy that are alive: 2 while connections of the last reload go on',
    read: whileUsed(({ status }) => status.generations),
  },
  {
    name: 'problems',
    help: 'Rules, certificates and balancers that are left out; drover lb names them',
    read: problemCount,
  },
  {
    name: 'certificate_expiry_timestamp_seconds',
    help: 'When a certificate expires',
    labels: ['certificate'],
    read: ({ certificates }) => [...certificates].map(([certificate, ms]) => [{ certificate }, ms / 1000]),
  },
  {
    name: 'listener_sessions',
    help: 'Open connections of clients on a port',
    labels: ['port'],
    read: ofListeners((row) => [[{}, trafficOf(row).sessions]]),
  },
  {
    name: 'listener_requests_total',
    help: 'Replies to clients on an http or https port, by class of status',
    labels: ['port', 'code'],
    read: ofListeners(replies),
  },
  {
    name: 'listener_connections_total',
    help: 'Connections of clients on a port',
    labels: ['port'],
    read: ofListeners((row) => [[{}, numberIn(row, 'stot')]]),
  },
  {
    name: 'listener_bytes_total',
    help: 'Bytes from clients (in) and to clients (out) on a port',
    labels: ['port', 'direction'],
    read: ofListeners(bytes),
  },
  {
    name: 'service_sessions',
    help: 'Requests and connections that are open to containers of a service',
    labels: ['service'],
    read: ofServices((row) => [[{}, trafficOf(row).sessions]]),
  },
  {
    name: 'service_requests_total',
    help: 'Replies to requests for a service, by class of status',
    labels: ['service', 'code'],
    read: ofServices(replies),
  },
  {
    name: 'service_connections_total',
    help: 'Connections to a service that is not http',
    labels: ['service'],
    read: ofServices((row) => (isHttp(row) ? [] : [[{}, numberIn(row, 'stot')]])),
  },
  {
    name: 'service_errors_total',
    help: 'Connections to containers that failed (connect) or ended without a reply (response), also if a retry succeeded',
    labels: ['service', 'kind'],
    read: ofServices((row) => [
      [{ kind: 'connect' }, numberIn(row, 'econ')],
      [{ kind: 'response' }, numberIn(row, 'eresp')],
    ]),
  },
  {
    name: 'service_bytes_total',
    help: 'Bytes to containers of a service (in) and from them (out)',
    labels: ['service', 'direction'],
    read: ofServices(bytes),
  },
  {
    name: 'servers',
    help: 'Servers behind a service, by state',
    labels: ['service', 'state'],
    read: serverCounts,
  },
];

const STATES: readonly ServerState[] = ['ready', 'draining', 'adding', 'removing', 'unresolved', 'unknown'];

function serverCounts({ table, stat }: LbNumbers): readonly Sample[] {
  const live = liveRows(stat);
  return (table?.backends ?? []).flatMap((backend) => {
    const service = serviceOf(backend);
    const servers = liveServers(backend, live);
    return STATES.map((state) => [{ service, state }, servers.filter((one) => one.state === state).length] as const);
  });
}

function whileUsed(measure: (numbers: LbNumbers) => number): Metric<LbNumbers>['read'] {
  return (numbers) => (numbers.table?.listeners.length ? [[{}, measure(numbers)]] : []);
}

/** Also if only problems are left. */
function problemCount({ table, status }: LbNumbers): readonly Sample[] {
  const count = table === null ? 0 : lbProblems(table, status).length;
  return count > 0 || table?.listeners.length ? [[{}, count]] : [];
}

function ofListeners(read: (row: StatRow) => readonly Sample[]): Metric<LbNumbers>['read'] {
  return ({ table, stat }) => {
    const ports = new Set(table?.listeners.map(({ port }) => String(port)));
    const rows = (stat ?? []).filter(({ svname, pxname }) => svname === 'FRONTEND' && ports.has(pxname));
    return rows.flatMap((row) => labelled({ port: row.pxname }, read(row)));
  };
}

/** From the lines of backends: those of servers go when a server is removed, and a counter must not decrease. */
function ofServices(read: (row: StatRow) => readonly Sample[]): Metric<LbNumbers>['read'] {
  return ({ table, stat }) => {
    const services = new Map(table?.backends.map((backend) => [backend.name, serviceOf(backend)]));
    const rows = (stat ?? []).filter(({ svname }) => svname === 'BACKEND');
    return rows.flatMap((row) => {
      const service = services.get(row.pxname);
      return service === undefined ? [] : labelled({ service }, read(row));
    });
  };
}

/** A backend of several services counts for all of them together. */
function serviceOf({ services }: Backend): string {
  return services.join(',');
}

function labelled(labels: Sample[0], samples: readonly Sample[]): readonly Sample[] {
  return samples.map(([more, value]) => [{ ...labels, ...more }, value]);
}

const CODES = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const;

function replies(row: StatRow): readonly Sample[] {
  return isHttp(row) ? CODES.map((code) => [{ code }, numberIn(row, `hrsp_${code}`)]) : [];
}

function bytes(row: StatRow): readonly Sample[] {
  return [
    [{ direction: 'in' }, numberIn(row, 'bin')],
    [{ direction: 'out' }, numberIn(row, 'bout')],
  ];
}

function isHttp({ mode }: StatRow): boolean {
  return mode === 'http';
}
