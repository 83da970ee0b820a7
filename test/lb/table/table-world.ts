import { expect } from 'vitest';
import { createTableReader } from '../../../lb/table/read-table.ts';
import type { LbTable } from '../../../lb/table/table.ts';
import {
  type BalancerOptions,
  type LoadBalancerConfig,
  NO_BALANCER_OPTIONS,
  NO_RULE_OPTIONS,
  type PortRule,
  type ServiceDeclaration,
} from '../../../model/index.ts';
import { viewOf } from '../../../view/index.ts';
import { declaration, snapshot, type World } from '../../view/world.ts';

/** A rule of port 80 to `shop/web`. */
export function rule(changes: Partial<PortRule> = {}): PortRule {
  return {
    sourcePort: 80,
    protocol: 'http',
    path: null,
    pathMatch: 'prefix',
    hostname: null,
    service: 'shop/web',
    container: null,
    targetPort: 8080,
    priority: null,
    backendName: null,
    selector: null,
    weight: 1,
    options: NO_RULE_OPTIONS,
    ...changes,
  };
}

interface Changes extends Partial<Omit<LoadBalancerConfig, 'portRules' | 'options'>> {
  readonly options?: Partial<BalancerOptions>;
  readonly declaration?: Partial<ServiceDeclaration>;
}

export function balancer(key: string, portRules: readonly PortRule[], changes: Changes = {}): ServiceDeclaration {
  const { options, declaration: declared, ...config } = changes;
  const lbConfig: LoadBalancerConfig = {
    certs: [],
    defaultCert: null,
    config: null,
    stickinessPolicy: null,
    portRules,
    options: { ...NO_BALANCER_OPTIONS, ...options },
    sinceMs: null,
    ...config,
  };
  return declaration(key, { kind: 'loadBalancerService', lbConfig, ...declared });
}

export function tableFrom(world: World, hostId = 'a'): LbTable {
  return createTableReader()(viewOf(snapshot(world), hostId));
}

/** The rules of a port in order: `web.com/api -> shop/web`. Wildcards have their star. */
export function rulesOf(table: LbTable, port = 80): readonly string[] {
  return (table.listeners.find((listener) => listener.port === port)?.rules ?? []).map(({ host, path, backend }) => {
    const services = table.backends.find(({ name }) => name === backend)?.services ?? [];
    const hosts =
      host === null ? '*' : { exact: host.text, suffix: `*${host.text}`, prefix: `${host.text}*` }[host.kind];
    return `${hosts}${path?.text ?? ''} -> ${services.join(' ')}`;
  });
}

/** The servers of a backend: `10.42.1.1:8080`, with ` w2` for another weight than 1, and ` drain`. */
export function serversOf(table: LbTable, backend: string | undefined = table.backends[0]?.name): readonly string[] {
  return (table.backends.find(({ name }) => name === backend)?.servers ?? []).map(({ name, weight, state }) =>
    [name, ...(weight === 1 ? [] : [`w${weight}`]), ...(state === 'ready' ? [] : [state])].join(' '),
  );
}

export function leftOutOf(table: LbTable, backend: string | undefined = table.backends[0]?.name): readonly string[] {
  const found = table.backends.find(({ name }) => name === backend);
  return (found?.leftOut ?? []).map(({ containerId, address, reason }) => `${containerId ?? address}: ${reason}`);
}

export function problemsOf(table: LbTable): readonly string[] {
  return table.problems.map(({ service, subject, what }) => `${service}: ${subject} ${what}`);
}

/** What the readers of a table rely on. */
export function expectConsistent({ listeners, backends }: LbTable): void {
  const rules = listeners.flatMap((listener) => listener.rules);
  const names = backends.map(({ name }) => name);
  expect(new Set(rules.map(({ name }) => name)).size).toBe(rules.length);
  expect(names).toEqual([...new Set(rules.map(({ backend }) => backend))].sort());
  expect(rules).toHaveLength(backends.length);
  for (const { servers } of backends) {
    expect(servers.map(({ name }) => name)).toEqual([...new Set(servers.map(({ name }) => name))].sort());
    expect(servers.every(({ weight, address }) => weight >= 0 && weight <= 256 && address !== '')).toBe(true);
  }
  for (const { rules: ofPort } of listeners) {
    const last = ofPort.findIndex(({ host: pattern, path }) => pattern === null && path === null);
    expect([-1, ofPort.length - 1]).toContain(last);
  }
}
