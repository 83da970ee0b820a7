import type { RenderSettings } from '../../../lb/render/index.ts';
import type { Backend, LbTable, Listener, Rule, Server } from '../../../lb/table/table.ts';
import { NO_RULE_OPTIONS } from '../../../model/index.ts';

export const SETTINGS: RenderSettings = {
  directory: '/run/drover/lb',
  certificates: new Map(),
  certificateDirectory: '/etc/drover/certificates',
  ipv6: true,
  gzip: true,
  oldConnectionsMs: 30_000,
  reachable: false,
};

export function table(parts: Partial<LbTable>): LbTable {
  return { listeners: [], backends: [], customConfigs: [], problems: [], ...parts };
}

export function listener(port: number, parts: Partial<Listener> = {}): Listener {
  return {
    port,
    protocol: 'http',
    acceptProxy: false,
    certificates: null,
    accessLog: false,
    errorPage: null,
    balancers: ['shop/front'],
    rules: [],
    ...parts,
  };
}

export function rule(name: string, parts: Partial<Rule> = {}): Rule {
  return {
    name,
    balancer: 'shop/front',
    host: null,
    path: null,
    priority: null,
    backend: name,
    options: NO_RULE_OPTIONS,
    ...parts,
  };
}

export function backend(name: string, parts: Partial<Backend> = {}): Backend {
  return {
    name,
    rule: name,
    protocol: 'http',
    balancer: 'shop/front',
    services: ['shop/web'],
    options: NO_RULE_OPTIONS,
    stickiness: null,
    cookieKey: name,
    drainTimeoutMs: null,
    servers: [],
    namedServers: [],
    leftOut: [],
    ...parts,
  };
}

export function server(address: string, port: number, parts: Partial<Server> = {}): Server {
  return {
    name: `${address}:${port}`,
    address,
    port,
    weight: 1,
    state: 'ready',
    service: 'shop/web',
    containerId: null,
    ...parts,
  };
}

/** A configuration without its spare sections. */
export function withoutSpares(config: string): string {
  const sections = config.split('\n\n').filter((section) => !/^(?:defaults|backend) drover:spare-/.test(section));
  return sections.join('\n\n');
}
