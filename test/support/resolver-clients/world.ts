import { join } from 'node:path';
import { startAgent } from '../agent.ts';
import { BASE_IMAGE, importBaseImage } from '../base-image.ts';
import { startConsulCluster } from '../consul.ts';
import { addressOf, composeUp } from '../containers.ts';
import type { Daemon } from '../daemon.ts';
import { BUSYBOX_IMAGE, removeContainers, startEngine } from '../engine.ts';
import { poll } from '../poll.ts';
import type { Resources } from '../resources.ts';
import { connectHosts, createTestHost, type TestHost } from '../test-host.ts';
import { type Member, RESOLVER } from '../world.ts';
import { buildResolverClients } from './build.ts';

/** A host with containers in which several resolvers look up names, and other containers that start and stop. */
export interface ResolverWorld {
  readonly alpha: Member;
  /** Names with the expected answer: `NAME ADDRESS,ADDRESS` or `NAME -`. */
  readonly names: readonly string[];
  /** Starts changes: of another host on the bus, and of containers on this host. */
  churn(): Churn;
}

export interface Churn {
  /** Changes of the other host so far, and containers of this host that started and stopped. */
  counts(): { readonly onTheBus: number; readonly containers: number };
  /** Seconds since it began. */
  seconds(): number;
  stop(): Promise<void>;
}

export interface ResolverClient {
  readonly name: string;
  /** Its container, the image and the network of that one. */
  readonly container: string;
  readonly image: string;
  readonly network: string;
  /** A program of `/clients`, and what its command line begins with. */
  readonly command: readonly string[];
}

const UPSTREAM_PORT = '5353';
const OUTSIDE = {
  'www.example.net': ['198.51.100.1', '198.51.100.2', '2001:db8::1'],
  'only4.example.net': ['198.51.100.4'],
  'mail.example.org': ['198.51.100.25'],
} as const;
/** With those of Drover (unit, stack, suffix) six domains. */
const SEARCH = ['corp.example.com', 'lab.example.com', 'example.org'];
const STEADY = ['10.42.77.1', '10.42.77.2', '10.42.77.3'];
/** Changes a second on the bus. */
const CHURN_RATE = 30;

export const CLIENTS: readonly ResolverClient[] = [
  { name: 'musl', image: BUSYBOX_IMAGE, network: 'drover', command: ['getaddrinfo-musl'] },
  { name: 'glibc', image: BASE_IMAGE, network: 'drover', command: ['getaddrinfo-glibc'] },
  { name: 'c-ares', image: BASE_IMAGE, network: 'front', command: ['c-ares'] },
  { name: 'node', image: BASE_IMAGE, network: 'bridge', command: ['node', '/clients/node-lookups.ts'] },
].map((client) => ({ ...client, container: `shop-${client.name}-1` }));

export async function createResolverWorld(resources: Resources): Promise<ResolverWorld> {
  const [home, elsewhere] = [await createTestHost(resources, 'alpha'), await createTestHost(resources, 'busy')];
  const [address = '', otherAddress = ''] = await connectHosts(resources, [home, elsewhere]);
  const clients = join(home.dir, 'clients');
  const engine = await startEngine(resources, home, { dns: [RESOLVER] });
  const [consul] = await Promise.all([
    startConsulCluster(resources, { host: home, servers: 1, addresses: [address] }),
    engine.buildBusybox().then(() => importBaseImage(engine)),
    buildResolverClients(clients),
    startUpstream(elsewhere, otherAddress),
  ]);
  const config = {
    host: { name: 'alpha', address },
    bus: { driver: 'consul', consul: { addresses: [...consul.urls] } },
    dns: { upstreams: [`${otherAddress}:${UPSTREAM_PORT}`] },
    // The clients are on several networks, and look up what they do not share one with.
    network: { routedBridges: true },
  };
  const agent = await startAgent(resources, home, engine, { config });
  const alpha: Member = { name: 'alpha', address, host: home, engine, agent };
  resources.add('containers', () => removeContainers(engine));
  const churner = await startChurner(elsewhere, otherAddress, consul.urls[0] ?? '');
  await startContainers(alpha, clients);
  return { alpha, names: await namesOf(alpha), churn: () => startChurn(resources, alpha, churner) };
}

async function startContainers(alpha: Member, clients: string): Promise<void> {
  await alpha.engine.docker.createNetwork({ Name: 'front' });
  for (const number of [1, 2]) await composeUp(alpha, 'shop', 'web', number);
  await composeUp(alpha, 'shop', 'api', 1);
  for (const { name, image, network } of CLIENTS) {
    const HostConfig = {
      ...{ DnsSearch: SEARCH, DnsOptions: ['ndots:5'], Binds: [`${clients}:/clients:ro`] },
      // If the container had any IPv6 address, even a link-local one, glibc would also sort IPv4 addresses by subnet.
      Sysctls: { 'net.ipv6.conf.all.disable_ipv6': '0' },
    };
    await composeUp(alpha, 'shop', name, 1, { network, create: { Image: image, HostConfig } });
  }
}

async function startUpstream(host: TestHost, address: string): Promise<void> {
  const script = Object.entries(OUTSIDE).map(([name, addresses]) => `${name}=${addresses.join()}`);
  const program = join(import.meta.dirname, 'upstream.ts');
  const upstream = host.start(process.execPath, [program, address, UPSTREAM_PORT, ...script]);
  await poll(() => upstream.stdout().includes('ready'), { what: 'the upstream', giveUp: upstream.assertRunning });
}

async function startChurner(host: TestHost, address: string, consul: string): Promise<Daemon> {
  const program = join(import.meta.dirname, 'churn.ts');
  const churner = host.start(process.execPath, [program, consul, address, String(CHURN_RATE)]);
  await poll(() => churner.stdout().includes('ready'), { what: 'the other host', giveUp: churner.assertRunning });
  return churner;
}

/** A service with four endpoints that accept connections; DNS answers with one address at a time. */
export const ONE_BY_ONE = { name: 'turns', port: 7000, endpoints: 4 };

/** Starts it; returns the addresses. */
export async function startOneByOne(alpha: Member): Promise<readonly string[]> {
  const { name, port, endpoints } = ONE_BY_ONE;
  const Binds = [`${join(alpha.host.dir, 'clients')}:/clients:ro`];
  const addresses: string[] = [];
  for (let number = 1; number <= endpoints; number += 1) {
    const command = ['/clients/acceptor', String(port)];
    const options = { command, labels: { 'drover.answers': 'one' }, create: { HostConfig: { Binds } } };
    addresses.push(await addressOf(alpha, await composeUp(alpha, 'shop', name, number, options)));
  }
  return addresses;
}

/** Short names, services of other stacks, absolute names, external names, and names that do not exist. */
async function namesOf(alpha: Member): Promise<readonly string[]> {
  const web = [await addressOf(alpha, 'shop-web-1'), await addressOf(alpha, 'shop-web-2')];
  const api = [await addressOf(alpha, 'shop-api-1')];
  const outside = Object.entries(OUTSIDE).flatMap(([name, addresses]) => [
    [name, addresses] as const,
    [`${name}.`, addresses] as const,
  ]);
  const expected: readonly (readonly [string, readonly string[]])[] = [
    ...[['web', web] as const, ['api', api] as const, ['web.shop', web] as const, ['steady.far', STEADY] as const],
    ...[['shop-web-1', web.slice(0, 1)] as const, ['web.shop.rancher.internal', web] as const],
    ...[['web.shop.rancher.internal.', web] as const, ['steady.far.rancher.internal.', STEADY] as const],
    ...outside,
    ...[['nothing-here', []] as const, ['nothing.shop', []] as const, ['nobody.example.net', []] as const],
  ];
  return expected.map(([name, addresses]) => `${name} ${addresses.length > 0 ? addresses.join() : '-'}`);
}

function startChurn(resources: Resources, alpha: Member, other: Daemon): Churn {
  const changes = () => Number([...other.stdout().matchAll(/changes (\d+)/g)].at(-1)?.[1] ?? 0);
  const [before, began] = [changes(), performance.now()];
  const stopped = new AbortController();
  let containers = 0;
  const comeAndGo = async (): Promise<void> => {
    for (let number = 1; !stopped.signal.aborted; number += 1) {
      const id = await composeUp(alpha, 'churn', 'box', number);
      await alpha.engine.docker.getContainer(id).remove({ force: true });
      containers += 1;
    }
  };
  other.signal('SIGUSR2');
  const running = comeAndGo();
  running.catch(() => undefined);
  const stop = async (): Promise<void> => {
    if (stopped.signal.aborted) return;
    other.signal('SIGUSR2');
    stopped.abort();
    await running;
  };
  resources.add('churn', stop);
  return {
    counts: () => ({ onTheBus: changes() - before, containers }),
    seconds: () => (performance.now() - began) / 1000,
    stop,
  };
}
