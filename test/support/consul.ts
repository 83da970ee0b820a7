import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { runCommand } from '../../system/index.ts';
import { type Daemon, startDaemon } from './daemon.ts';
import { poll } from './poll.ts';
import type { Resources } from './resources.ts';
import type { TestHost } from './test-host.ts';

export const CONSUL = resolve(import.meta.dirname, '../../.tools/consul-1.8.7/usr/bin/consul');

export interface ConsulOptions {
  /** The host of the servers. Default: the namespace of the test. */
  readonly host?: TestHost;
  /** Default 3. */
  readonly servers?: number;
  /** One existing address for each server. Default: unused loopback addresses. */
  readonly addresses?: readonly string[];
  /** Merged into each server's configuration file, such as `acl`, `ca_file`, `verify_incoming`, `ports`. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Token for the requests of the test harness. */
  readonly token?: string;
}

export interface ConsulServer {
  readonly name: string;
  /** `http://127.0.0.11:8500`. */
  readonly url: string;
  readonly address: string;
  readonly pid: () => number;
  readonly output: () => string;
  /** Sends a signal (default SIGKILL) and waits until the process has ended. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** SIGSTOP and SIGCONT. */
  pause(): void;
  resume(): void;
  /** Starts it again with its data. */
  start(): void;
}

/** A real Consul cluster of servers. It is ready when it has a leader that accepts writes. */
export interface ConsulCluster {
  readonly servers: readonly ConsulServer[];
  readonly urls: readonly string[];
  /** Waits for a leader and gives its server. */
  leader(): Promise<ConsulServer>;
  /** Waits until there is a leader that accepts writes. */
  ready(): Promise<void>;
  /** Sends a request to one server (default: the first that responds) from the cluster's namespace; gives the body. */
  request(method: string, path: string, body?: string, headers?: readonly string[]): Promise<string>;
}

export async function startConsulCluster(resources: Resources, options: ConsulOptions = {}): Promise<ConsulCluster> {
  const count = options.servers ?? 3;
  const addresses = options.addresses ?? (await freeLoopback(count));
  const dir = await mkdtemp(join(tmpdir(), 'drover-consul-'));
  resources.add(`directory ${dir}`, () => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  const servers: ConsulServer[] = [];
  for (const [index, address] of addresses.slice(0, count).entries()) {
    const server = await createServerProcess(`consul-${index + 1}`, address, addresses.slice(0, count), dir, options);
    servers.push(server.server);
    server.server.start();
    resources.add(server.server.name, server.stop);
  }
  const request = createRequest(servers, options);
  const cluster: ConsulCluster = {
    servers,
    urls: servers.map(({ url }) => url),
    request,
    // A server that has just started may not know the leader yet.
    leader: () =>
      poll(
        async () => {
          const address = JSON.parse(await request('GET', '/v1/status/leader')) as string;
          return servers.find((server) => server.address === address.replace(/:\d+$/, ''));
        },
        { what: 'a Consul leader', timeoutMs: 40_000 },
      ),
    ready: async () => {
      await poll(async () => (await request('PUT', '/v1/kv/drover-test-ready', 'yes')).trim() === 'true', {
        what: 'a Consul leader that accepts writes',
        timeoutMs: 40_000,
        intervalMs: 100,
      });
    },
  };
  await cluster.ready();
  return cluster;
}

async function createServerProcess(
  name: string,
  address: string,
  all: readonly string[],
  dir: string,
  { host, config }: ConsulOptions,
) {
  const data = join(dir, name);
  await mkdir(data);
  const file = join(dir, `${name}.json`);
  const settings = {
    server: true,
    node_name: name,
    datacenter: 'dc1',
    data_dir: data,
    bind_addr: address,
    advertise_addr: address,
    client_addr: address,
    bootstrap_expect: all.length,
    retry_join: all,
    retry_interval: '1s',
    disable_host_node_id: true,
    disable_update_check: true,
    leave_on_terminate: false,
    ui: false,
    performance: { raft_multiplier: 1 },
    ports: { dns: -1 },
    ...config,
  };
  await writeFile(file, JSON.stringify(settings));
  const args = ['agent', `-config-file=${file}`];
  let daemon: Daemon | null = null;
  const current = (): Daemon => {
    if (!daemon) throw new Error(`${name} was not started`);
    return daemon;
  };
  const https = (config?.ports as { https?: number } | undefined)?.https;
  const server: ConsulServer = {
    name,
    address,
    url: https && https > 0 ? `https://${address}:${https}` : `http://${address}:8500`,
    pid: () => current().pid,
    output: () => daemon?.output() ?? '',
    kill: async (signal = 'SIGKILL') => {
      current().signal(signal);
      await current().exit;
    },
    pause: () => current().signal('SIGSTOP'),
    resume: () => current().signal('SIGCONT'),
    start: () => {
      const inside = host?.enter(CONSUL, args) ?? { file: CONSUL, args };
      daemon = startDaemon(inside.file, inside.args);
    },
  };
  const stop = async (): Promise<void> => {
    if (!daemon || daemon.exited()) return;
    daemon.signal('SIGKILL');
    daemon.signal('SIGCONT');
    await daemon.exit;
  };
  return { server, stop };
}

/** Uses curl, which can run inside another namespace. */
function createRequest(
  servers: readonly ConsulServer[],
  { host, config, token }: ConsulOptions,
): ConsulCluster['request'] {
  const tls = config as { ca_file?: string; cert_file?: string; key_file?: string } | undefined;
  const certificates = tls?.ca_file
    ? ['--cacert', tls.ca_file, '--cert', tls.cert_file ?? '', '--key', tls.key_file ?? '']
    : [];
  return async (method, path, body, headers = []) => {
    let failure: unknown;
    for (const { url } of servers) {
      const args = ['-sSf', '--noproxy', '*', '-m', '10', '-X', method, ...certificates];
      for (const header of token ? [`X-Consul-Token: ${token}`, ...headers] : headers) args.push('-H', header);
      if (body !== undefined) args.push('--data-binary', body);
      const inside = host?.enter('curl', [...args, url + path]) ?? { file: 'curl', args: [...args, url + path] };
      try {
        return await runCommand(inside.file, inside.args, { timeoutMs: 15_000 });
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  };
}

/** A random /24 of 127.0.0.0/8, so that the clusters of different test files do not collide. */
export async function freeLoopback(count: number): Promise<readonly string[]> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const net = `127.${1 + Math.floor(Math.random() * 250)}.${Math.floor(Math.random() * 256)}`;
    const addresses = Array.from({ length: count }, (_, index) => `${net}.${index + 11}`);
    const free = await Promise.all(
      addresses.flatMap((address) => [8300, 8301, 8500].map((port) => isFree(address, port))),
    );
    if (free.every(Boolean)) return addresses;
  }
  throw new Error('no free loopback addresses for Consul');
}

function isFree(address: string, port: number): Promise<boolean> {
  return new Promise((done) => {
    const probe = createServer();
    probe.once('error', () => done(false));
    probe.listen(port, address, () => probe.close(() => done(true)));
  });
}
