import {
  type Backend,
  type LbStatus,
  type LbTable,
  type Listener,
  type Rule,
  type Server,
  STAT_COLUMNS,
  type StatRow,
} from '../../../lb/index.ts';
import * as plain from '../../lb/render/tables.ts';

export function rule(name: string, backend: string, changes: Partial<Rule> = {}): Rule {
  return plain.rule(name, { balancer: name.split(/[#:]/)[0] ?? '', backend, ...changes });
}

export function listener(port: number, rules: readonly Rule[], changes: Partial<Listener> = {}): Listener {
  const balancers = [...new Set(rules.map(({ balancer }) => balancer))].sort();
  return plain.listener(port, { balancers, rules, ...changes });
}

export function backend(name: string, service: string, changes: Partial<Backend> = {}): Backend {
  return plain.backend(name, { balancer: service, services: [service], ...changes });
}

export function server(service: string, address: string, changes: Partial<Server> = {}): Server {
  return plain.server(address, 8080, { service, ...changes });
}

export function table(
  listeners: readonly Listener[],
  backends: readonly Backend[],
  problems: LbTable['problems'] = [],
): LbTable {
  return plain.table({ listeners, backends, problems });
}

/** A line of `show stat`. */
export function row(pxname: string, svname: string, changes: Partial<StatRow> = {}): StatRow {
  const type = svname === 'FRONTEND' ? '0' : svname === 'BACKEND' ? '1' : '2';
  const numbers = { scur: '3', rate: '7', stot: '70', bin: '100', bout: '2000', econ: '1', eresp: '' };
  const none = Object.fromEntries(STAT_COLUMNS.map((column) => [column, ''])) as unknown as StatRow;
  return { ...none, pxname, svname, type, mode: 'http', status: 'no check', ...numbers, ...changes };
}

export const NOW = 1_800_000_000_000;

export const STATUS: LbStatus = {
  state: 'running',
  version: '2.6.12',
  features: ['OPENSSL', 'PCRE2_JIT', 'SLZ', 'THREAD'],
  structure: 'abc',
  isCurrent: true,
  generations: 1,
  reloads: 3,
  reloadFailures: 0,
  lastReloadAtMs: NOW - 300_000,
  serverChanges: 40,
  problems: [{ subject: 'port 443', what: 'is used by another program', hint: 'stop it' }],
};
