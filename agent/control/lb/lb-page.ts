import type {
  Backend,
  Certificate,
  LbStatus,
  LbTable,
  LeftOutEndpoint,
  Listener,
  Rule,
  StatRow,
} from '../../../lb/index.ts';
import { distinctProblems, formatHostPattern, type ListenerProtocol, type Problem } from '../../../model/index.ts';
import { findService, type HostView } from '../../../view/index.ts';
import { formatPath, optionTexts } from './format-rule.ts';
import { type LiveRows, type LiveServer, liveRows, liveServers } from './live-servers.ts';
import { type Traffic, trafficOf } from './traffic.ts';

/** What `drover lb` shows. Has no passwords, keys or own HAProxy text. */
export interface LbPage {
  readonly host: string;
  /** Null: the agent is not running. */
  readonly haproxy: Omit<LbStatus, 'problems'> | null;
  readonly listeners: readonly ListenerRow[];
  /** By listener, in the order of matching. */
  readonly rules: readonly RuleRow[];
  readonly backends: readonly BackendRow[];
  /** Of the directory, sorted by name. */
  readonly certificates: readonly CertificateRow[];
  readonly problems: readonly Problem[];
}

export interface ListenerRow {
  readonly port: number;
  readonly protocol: ListenerProtocol;
  readonly balancers: readonly string[];
  readonly state: ListenerState;
  /** Null: HAProxy does not reply, or has no such listener. */
  readonly traffic: Traffic | null;
}

/** `closed`: HAProxy does not have it, because it is left out or not in force yet. `unknown`: HAProxy does not reply. */
export type ListenerState = 'open' | 'closed' | 'unknown';

export interface RuleRow {
  readonly port: number;
  readonly name: string;
  readonly balancer: string;
  /** `*.example.com`; null: any. */
  readonly host: string | null;
  /** `/api (exact)`; null: any. */
  readonly path: string | null;
  readonly priority: number | null;
  readonly backend: string;
  readonly options: readonly string[];
}

export interface BackendRow {
  readonly name: string;
  readonly protocol: ListenerProtocol;
  readonly services: readonly string[];
  readonly traffic: Traffic | null;
  readonly servers: readonly ServerRow[];
  readonly leftOut: readonly LeftOutRow[];
}

export interface ServerRow extends Pick<LiveServer, 'name' | 'service' | 'state' | 'weight'> {
  readonly container: string | null;
  readonly host: string | null;
  readonly traffic: Traffic | null;
}

export type CertificateRow = Pick<
  Certificate,
  'name' | 'names' | 'keyType' | 'fingerprint' | 'notBeforeMs' | 'notAfterMs'
>;

export interface LeftOutRow {
  readonly service: string;
  readonly container: string | null;
  readonly host: string | null;
  readonly address: string | null;
  readonly reason: string;
}

/** What the agent knows of the running HAProxy. */
export interface LiveLb {
  /** Null: the agent is not running. */
  readonly status: LbStatus | null;
  /** Null: HAProxy does not reply. */
  readonly stat: readonly StatRow[] | null;
  readonly certificates?: Iterable<CertificateRow>;
}

export const NOT_LIVE: LiveLb = { status: null, stat: null };

/** The table with the live numbers of HAProxy. Pure. */
export function lbPage(view: HostView, table: LbTable, { status, stat, certificates = [] }: LiveLb): LbPage {
  const live = liveRows(stat);
  const names = containerNames(view);
  return {
    host: view.snapshot.hosts.get(view.hostId)?.host?.name ?? view.hostId,
    haproxy: status && haproxyOf(status),
    listeners: table.listeners.map((listener) => listenerRow(listener, live)),
    rules: table.listeners.flatMap((listener) => listener.rules.map((rule) => ruleRow(listener, rule))),
    backends: table.backends.map((backend) => backendRow(backend, live, names)),
    certificates: [...certificates].map(certificateRow),
    problems: lbProblems(table, status),
  };
}

/** What the table leaves out, and what the running HAProxy does not do. */
export function lbProblems(table: LbTable, status: Pick<LbStatus, 'problems'> | null): readonly Problem[] {
  return distinctProblems([...(status?.problems ?? []), ...table.problems]);
}

function haproxyOf({ problems: _, ...haproxy }: LbStatus): LbPage['haproxy'] {
  return haproxy;
}

function listenerRow({ port, protocol, balancers }: Listener, live: LiveRows): ListenerRow {
  const row = live?.get(String(port))?.get('FRONTEND');
  return { port, protocol, balancers, state: listenerState(port, live), traffic: traffic(row) };
}

export function listenerState(port: number, live: LiveRows): ListenerState {
  if (live === null) return 'unknown';
  return live.has(String(port)) ? 'open' : 'closed';
}

function certificateRow({
  name,
  names,
  keyType,
  fingerprint,
  notBeforeMs,
  notAfterMs,
}: CertificateRow): CertificateRow {
  return { name, names, keyType, fingerprint, notBeforeMs, notAfterMs };
}

function traffic(row: StatRow | null | undefined): Traffic | null {
  return row ? trafficOf(row) : null;
}

function ruleRow({ port, protocol }: Listener, rule: Rule): RuleRow {
  const { name, balancer, host, path, priority, backend, options } = rule;
  return {
    port,
    name,
    balancer,
    host: host && formatHostPattern(host),
    path: path && formatPath(path),
    priority,
    backend,
    options: optionTexts(options, protocol),
  };
}

/** A backend of the table with the live numbers of HAProxy. */
export function backendRow(backend: Backend, live: LiveRows, names: ContainerNames): BackendRow {
  const { name, protocol, services, leftOut } = backend;
  return {
    name,
    protocol,
    services,
    traffic: traffic(live?.get(name)?.get('BACKEND')),
    servers: liveServers(backend, live).map(({ row, containerId, ...server }) => ({
      ...server,
      ...names(server.service, containerId),
      traffic: traffic(row),
    })),
    leftOut: leftOut.map((endpoint) => leftOutRow(endpoint, names)),
  };
}

function leftOutRow({ service, containerId, address, reason }: LeftOutEndpoint, names: ContainerNames): LeftOutRow {
  return { service, ...names(service, containerId), address, reason };
}

interface ContainerName {
  readonly container: string | null;
  readonly host: string | null;
}

export type ContainerNames = (service: string, containerId: string | null) => ContainerName;

/** Names of the containers of a service; each service is read once. */
export function containerNames(view: HostView): ContainerNames {
  const services = new Map<string, ReadonlyMap<string, ContainerName>>();
  const read = (service: string) =>
    new Map(
      findService(view, service)?.containers.map(({ id, name, hostId }) => [
        id,
        { container: name, host: view.snapshot.hosts.get(hostId)?.host?.name ?? hostId },
      ]),
    );
  return (service, containerId) => {
    if (containerId === null) return { container: null, host: null };
    const known = services.get(service) ?? read(service);
    services.set(service, known);
    return known.get(containerId) ?? { container: containerId.slice(0, 12), host: null };
  };
}
