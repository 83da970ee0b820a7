import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ChildStatus } from '../../agent/children/child.ts';
import { createServers } from '../../agent/children/servers.ts';
import { feedSocket } from '../../agent/config/paths.ts';
import { type Config, configSchema } from '../../agent/config/schema.ts';
import { choosePlace } from '../../dns/listen/listen.ts';
import type { Listen } from '../../dns/listen/server.ts';
import type { JsonValue } from '../../model/index.ts';
import { createStateStore, serveFeed } from '../../state/index.ts';
import { systemClock } from '../../system/index.ts';
import { container, delta, environment, host, network } from '../state/facts.ts';
import { poll } from './poll.ts';
import type { Resources } from './resources.ts';
import type { TestHost } from './test-host.ts';
import { testLog } from './test-log.ts';

/** A `drover dns` process on a loopback port, run by the agent's supervisor but without an agent. */
export interface DnsHost {
  readonly port: number;
  readonly configPath: string;
  /** The process that is serving. */
  pid(): number;
  status(): ChildStatus;
  /** Its last report to the agent. */
  report(): { readonly [key: string]: JsonValue };
  /** Changes facts of its only host, `a`. */
  change(facts: Record<string, unknown>): void;
  /** Replaces it as an upgrade does; resolves when the old process has ended. */
  restart(): Promise<void>;
}

export interface DnsHostOptions {
  /** The command line that runs a program where this server is to run; default: here. */
  readonly enter?: TestHost['enter'];
  /** Default: 127.0.0.1 at a free port of this machine. */
  readonly listen?: Listen;
  readonly batching: 'auto' | 'off';
  readonly services?: number;
  readonly upstreams?: readonly string[];
}

const PROGRAM = resolve('bin/drover');

/** Starts it with services `s0.shop`, `s1.shop` ... of two containers each. */
export async function startDnsHost(resources: Resources, options: DnsHostOptions): Promise<DnsHost> {
  const dir = await mkdtemp(join(tmpdir(), 'drover-dns-'));
  resources.add(`directory ${dir}`, () => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  const { address, port } = options.listen ?? (await choosePlace({ address: '127.0.0.1', port: 0, handOver: false }));
  const paths = { dataDir: join(dir, 'data'), runDir: join(dir, 'run') };
  await mkdir(paths.runDir);
  const config = configSchema.parse({
    ...paths,
    log: { format: 'json' },
    dns: { batching: options.batching, upstreams: [...(options.upstreams ?? [])] },
  });
  const configPath = join(dir, 'drover.yaml');
  await writeFile(configPath, JSON.stringify({ ...paths, log: { format: 'json' }, dns: config.dns }));

  const log = testLog('dns-host');
  const store = createStateStore({ mirror: null, log }, { environment, hostId: 'a' });
  store.apply({ ...delta({ a: factsOfHost(options.services ?? 10) }), complete: true });
  const feed = await serveFeed({ store, clock: systemClock, log }, { path: feedSocket(config) });
  resources.add('feed', () => feed.close());

  // Servers outlive an agent, but must not outlive a killed test.
  const program = (command: 'dns' | 'metadata') => ({
    file: 'setpriv',
    args: [
      ...['--pdeathsig', 'TERM'],
      ...(command === 'dns'
        ? [PROGRAM, 'dns', '--config', configPath, '--listen', `${address}:${port}`]
        : ['sleep', '1000000']),
    ],
  });
  const enterCommand = options.enter ?? ((file: string, args: readonly string[]) => ({ file, args }));
  const supervise = (changed: Partial<Config['dns']>) =>
    createServers(
      { clock: systemClock, log, serviceAddress: { enterCommand }, peers: feed.peers },
      { config: { ...config, dns: { ...config.dns, ...changed } }, program },
    );

  let supervisor = supervise({});
  let running = { stop: new AbortController(), end: Promise.resolve() };
  const run = (): void => {
    const stop = new AbortController();
    running = { stop, end: supervisor.run(stop.signal) };
  };
  const halt = async (): Promise<void> => {
    running.stop.abort();
    await running.end;
  };
  resources.add('DNS', async () => {
    await halt();
    await supervisor.stop();
  });
  const status = () => supervisor.status().find(({ name }) => name === 'dns') as ChildStatus;
  const peer = () => feed.peers().find(({ role, pid }) => role === 'dns' && pid === status().pid);
  const isServing = () => {
    const report = (peer()?.report ?? null) as { serving?: boolean } | null;
    return status().state === 'running' && report?.serving === true;
  };
  run();
  await poll(isServing, { what: 'DNS', timeoutMs: 20_000 });
  let version = 0;
  return {
    port,
    configPath,
    pid: () => status().pid ?? 0,
    status,
    report: () => (peer()?.report ?? {}) as { [key: string]: JsonValue },
    change: (changed) => store.apply(delta({ a: changed })),
    restart: async () => {
      const { pid } = status();
      await halt();
      version += 1;
      // Changes the fingerprint, as a new version would, through a setting without effect.
      supervisor = supervise({ sourceAddress: `169.254.168.${version}` as Config['dns']['sourceAddress'] });
      run();
      await poll(() => status().pid !== pid && !status().adopted && isServing(), {
        what: 'the next DNS',
        timeoutMs: 30_000,
      });
    },
  };
}

/** The facts of the only host. */
export function factsOfHost(services: number): Record<string, unknown> {
  const containers = Array.from({ length: services * 2 }, (_, n) => {
    const service = `s${n >> 1}`;
    const ipv4 = `172.17.${n >> 7}.${2 + (n & 127)}`;
    const addresses = [{ networkId: 'n1', networkName: 'bridge', ipv4, ipv6: null, mac: null }];
    const labels = { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': service };
    const names = {
      name: `shop-${service}-${1 + (n & 1)}`,
      service,
      primaryService: service,
      serviceIndex: 1 + (n & 1),
    };
    return [`container/c${n}`, container('a', `c${n}`, { ...names, addresses, labels })] as const;
  });
  return { host: host('a'), 'network/n1': network('a', 'n1'), ...Object.fromEntries(containers) };
}
