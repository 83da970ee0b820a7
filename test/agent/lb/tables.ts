import {
  type Backend,
  type LbTable,
  type Listener,
  type Rule,
  type Server,
  STAT_COLUMNS,
  type StatRow,
} from '../../../lb/index.ts';
import { NO_RULE_OPTIONS } from '../../../model/index.ts';

export function rule(name: string, backend: string, changes: Partial<Rule> = {}): Rule {
  const balancer = name.split(/[#:]/)[0] ?? '';
  return { name, balancer, host: null, path: null, priority: null, backend, options: NO_RULE_OPTIONS, ...changes };
}

export function listener(port: number, rules: readonly Rule[], changes: Partial<Listener> = {}): Listener {
  return {
    port,
    protocol: 'http',
    acceptProxy: false,
    certificates: null,
    accessLog: false,
    errorPage: null,
    balancers: [...new Set(rules.map(({ balancer }) => balancer))].sort(),
    rules,
    ...changes,
  };
}

export function backend(name: string, service: string, changes: Partial<Backend> = {}): Backend {
  return {
    name,
    protocol: 'http',
    balancer: service,
    services: [service],
    options: NO_RULE_OPTIONS,
    stickiness: null,
    drainTimeoutMs: null,
    servers: [],
    namedServers: [],
    leftOut: [],
    ...changes,
  };
}

export function server(service: string, address: string, changes: Partial<Server> = {}): Server {
  const port = 8080;
  return {
    name: `${address}:${port}`,
    address,
    port,
    weight: 1,
    state: 'ready',
    service,
    containerId: null,
    ...changes,
  };
}

export function table(
  listeners: readonly Listener[],
  backends: readonly Backend[],
  problems: LbTable['problems'] = [],
): LbTable {
  return { listeners, backends, customConfigs: [], problems };
}

/** A line of `show stat`. */
export function row(pxname: string, svname: string, changes: Partial<StatRow> = {}): StatRow {
  const type = svname === 'FRONTEND' ? '0' : svname === 'BACKEND' ? '1' : '2';
  const numbers = { scur: '3', rate: '7', stot: '70', bin: '100', bout: '2000', econ: '1', eresp: '' };
  const none = Object.fromEntries(STAT_COLUMNS.map((column) => [column, ''])) as unknown as StatRow;
  return { ...none, pxname, svname, type, mode: 'http', status: 'no check', ...numbers, ...changes };
}
