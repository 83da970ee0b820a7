import { createRenderer, type RenderedConfig } from '../../lb/render/index.ts';
import type { Backend, LbTable, Listener } from '../../lb/table/table.ts';
import { NO_RULE_OPTIONS } from '../../model/index.ts';
import { type Job, SERVER_PORT, SERVERS } from './jobs.ts';
import type { Place, Program } from './proxies.ts';

const render = createRenderer();

/** HAProxy with the configuration that Drover renders. */
export async function drover(job: Job, { port, dir }: Place): Promise<Program> {
  const { files } = await renderTable(tableOf(job.hosts, SERVERS, port), dir);
  return { name: 'Drover', command: ['haproxy', '-W', '-f', 'haproxy.cfg'], files: Object.fromEntries(files) };
}

export function renderTable(table: LbTable, directory: string): Promise<RenderedConfig> {
  const certificates = { certificates: new Map(), certificateDirectory: '/etc/drover/certificates' };
  return render(table, {
    directory,
    ...certificates,
    ipv6: true,
    gzip: true,
    oldConnectionsMs: 30_000,
    reachable: true,
  });
}

/** One rule for each host name, to a service of its own; all have containers at the same addresses. */
export function tableOf(hosts: readonly string[], addresses: readonly string[], port: number): LbTable {
  const names = hosts.map((_, at) => `bench.web-${at}`);
  const listener: Listener = {
    ...{ port, protocol: 'http', acceptProxy: false, certificates: null, accessLog: false, errorPage: null },
    balancers: hosts.map((_, at) => `bench/web-${at}`),
    rules: hosts.map((text, at) => ({
      ...{ name: `bench/web-${at}`, balancer: `bench/web-${at}`, host: { kind: 'exact', text }, path: null },
      ...{ priority: null, backend: names[at] ?? '', options: NO_RULE_OPTIONS },
    })),
  };
  const backends = names.map((name, at) => backendOf(name, `bench/web-${at}`, addresses));
  return { listeners: [listener], backends, customConfigs: [], problems: [] };
}

function backendOf(name: string, service: string, addresses: readonly string[]): Backend {
  const servers = addresses.map((address) => ({
    ...{ name: `${address}:${SERVER_PORT}`, address, port: SERVER_PORT, weight: 1, state: 'ready' as const },
    ...{ service, containerId: null },
  }));
  return {
    ...{ name, rule: name, protocol: 'http', balancer: service, services: [service], options: NO_RULE_OPTIONS },
    ...{ stickiness: null, cookieKey: name, drainTimeoutMs: null, servers, namedServers: [], leftOut: [] },
  };
}
