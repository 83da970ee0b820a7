import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { feedSocket, portBindingsFile } from '../../agent/config/paths.ts';
import { configSchema } from '../../agent/config/schema.ts';
import { type Container, formatPortBindings, type ServiceDeclaration } from '../../model/index.ts';
import { createStateStore, serveFeed } from '../../state/index.ts';
import { systemClock } from '../../system/index.ts';
import { container, delta, environment, host, network } from '../state/facts.ts';
import type { Daemon } from './daemon.ts';
import { poll } from './poll.ts';
import type { Resources } from './resources.ts';
import { createTestHost, type TestHost } from './test-host.ts';
import { testLog } from './test-log.ts';

export const SERVICE_ADDRESS = '169.254.169.250';

/** A host with Drover's bridge, clients on its ports, and a real `drover dns` whose kernel answers. */
export interface KernelHost {
  /** The host with the bridge and the servers. */
  readonly home: TestHost;
  readonly configPath: string;
  readonly dns: Daemon;
  readonly clients: readonly TestHost[];
  /** Replaces the host's state: further containers besides the clients, and declarations. */
  show(containers: readonly Container[], declarations?: readonly ServiceDeclaration[]): void;
  /** Queries the kernel has answered so far. */
  answered(): Promise<number>;
}

const PROGRAM = resolve('bin/drover');

/** Client n is container `client-n` at 10.42.1.(10+n), of service `stack-n/app`. */
export async function startKernelHost(resources: Resources, { clients: count = 2 } = {}): Promise<KernelHost> {
  const home = await createTestHost(resources, 'kernel-host');
  const ip = (...args: readonly string[]) => home.run('ip', args);
  await ip('link', 'add', 'drover1', 'type', 'bridge');
  await ip('addr', 'add', '10.42.1.1/24', 'dev', 'drover1');
  await ip('link', 'set', 'drover1', 'up');
  await ip('addr', 'add', `${SERVICE_ADDRESS}/32`, 'dev', 'lo');
  const clients = await Promise.all(Array.from({ length: count }, (_, n) => addClient(resources, home, n)));

  const paths = { dataDir: join(home.dir, 'data'), runDir: join(home.dir, 'run') };
  await mkdir(paths.runDir);
  const settings = { ...paths, log: { format: 'json' }, dns: { kernelAnswers: 'auto' } };
  const config = configSchema.parse(settings);
  const configPath = join(home.dir, 'drover.yaml');
  await writeFile(configPath, JSON.stringify(settings));
  await writeFile(portBindingsFile(config), formatPortBindings('off'));
  const log = testLog('kernel-host');
  const store = createStateStore({ mirror: null, log }, { environment, hostId: 'a' });
  let shown: ReadonlySet<string> = new Set();
  const show: KernelHost['show'] = (containers, declarations = []) => {
    const facts = new Map<string, Container | null>([...shown].map((key) => [key, null]));
    for (const one of [...clients.map((_, n) => asker(n)), ...containers]) facts.set(`container/${one.id}`, one);
    shown = new Set([...facts].flatMap(([key, one]) => (one ? [key] : [])));
    const fixed = { host: host('a'), 'network/m1': NETWORK };
    store.apply({
      ...delta(
        { a: { ...fixed, ...Object.fromEntries(facts) } },
        Object.fromEntries(declarations.map((one) => [`service/${one.stack}/${one.name}`, one])),
      ),
      complete: true,
    });
  };
  show([]);
  const feed = await serveFeed({ store, clock: systemClock, log }, { path: feedSocket(config) });
  resources.add('feed', () => feed.close());
  const control = join(paths.runDir, 'control.sock');
  const dns = home.start(PROGRAM, [
    'dns',
    '--config',
    configPath,
    '--listen',
    `${SERVICE_ADDRESS}:53`,
    '--control',
    control,
  ]);
  const counter = async (name: string): Promise<number> => {
    const text = await home.run('curl', ['-s', '--unix-socket', control, 'http://dns/metrics']);
    return Number(new RegExp(`^drover_dns_kernel_${name} (\\d+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
  };
  await poll(async () => (await counter('devices')) === count, {
    what: 'the kernel to answer on every port',
    timeoutMs: 20_000,
    giveUp: dns.assertRunning,
  });
  return { home, configPath, dns, clients, show, answered: () => counter('answers_total') };
}

const NETWORK = network('a', 'm1', { name: 'drover', kind: 'managed', subnets: ['10.42.1.0/24'], device: 'drover1' });

/** A container on Drover's network. */
export function onBridge(id: string, service: string, ipv4: string, changes: Partial<Container> = {}): Container {
  const [stack = '', name = ''] = service.split('/');
  const addresses = [{ networkId: 'm1', networkName: 'drover', ipv4, ipv6: null, mac: null }];
  return container('a', id, {
    name: id,
    stack,
    service: name,
    primaryService: name,
    addresses,
    labels: {},
    ports: [],
    ...changes,
  });
}

function asker(n: number): Container {
  return onBridge(`client-${n}`, `stack-${n}/app`, `10.42.1.${10 + n}`);
}

async function addClient(resources: Resources, home: TestHost, n: number): Promise<TestHost> {
  const client = await createTestHost(resources, `client-${n}`);
  await home.run('ip', ['link', 'add', `port${n}`, 'type', 'veth', 'peer', 'name', `eth${n}`]);
  await home.run('ip', ['link', 'set', `eth${n}`, 'netns', String(client.holderPid)]);
  await home.run('ip', ['link', 'set', `port${n}`, 'master', 'drover1', 'up']);
  await client.run('ip', ['addr', 'add', `10.42.1.${10 + n}/24`, 'dev', `eth${n}`]);
  await client.run('ip', ['link', 'set', `eth${n}`, 'up']);
  await client.run('ip', ['route', 'add', 'default', 'via', '10.42.1.1']);
  return client;
}
