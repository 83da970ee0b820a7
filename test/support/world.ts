import { type RunningAgent, startAgent } from './agent.ts';
import { type ConsulCluster, startConsulCluster } from './consul.ts';
import { BUSYBOX_IMAGE, type Engine, removeContainers, startEngine } from './engine.ts';
import type { Resources } from './resources.ts';
import { connectHosts, createTestHost, LAN, LAN6, type Segment, type TestHost } from './test-host.ts';

/** One host of a world: namespaces, a Docker Engine at its default bridge range, an agent. */
export interface Member {
  readonly name: string;
  /** Address on the network between the hosts. */
  readonly address: string;
  readonly host: TestHost;
  readonly engine: Engine;
  readonly agent: RunningAgent;
}

export interface WorldOptions {
  readonly names: readonly string[];
  /** `consul`: a real three-server cluster on the first host. */
  readonly bus: 'embedded' | 'consul';
  /** Further hosts on the network, without an engine and an agent. */
  readonly bare?: readonly string[];
  /** The hosts have only IPv6 addresses for each other. Consul is on a segment of its own, which Drover does not take for an uplink. */
  readonly ipv6?: boolean;
  /** More configuration for the agent of one host. */
  readonly config?: (name: string) => Record<string, unknown>;
  /** Another `drover` than that of this checkout, for the agent of one host. */
  readonly program?: (name: string) => string | undefined;
  /** Reports each step of the setup; default: silent. */
  readonly step?: <T>(title: string, work: () => Promise<T>) => Promise<T>;
}

export interface World {
  readonly members: readonly Member[];
  readonly consul: ConsulCluster | null;
  readonly bare: readonly BareHost[];
}

export interface BareHost extends Pick<Member, 'name' | 'address' | 'host'> {}

/** Its device has the name of a container's. */
const CONSUL_SEGMENT: Segment = { device: 'veth-consul', prefix: '203.0.113.', bits: 24 };

/** Docker's `dns` setting on a host with Drover. */
export const RESOLVER = '169.254.169.250';

/** Hosts on one network, each with an engine, the busybox image and an agent that is ready. */
export async function createWorld(resources: Resources, options: WorldOptions): Promise<World> {
  const step = options.step ?? ((_title, work) => work());
  const connected = await step('network namespaces as hosts', async () => {
    const made: TestHost[] = [];
    for (const name of [...options.names, ...(options.bare ?? [])]) made.push(await createTestHost(resources, name));
    if (options.ipv6) await connectHosts(resources, made, CONSUL_SEGMENT);
    const addresses = await connectHosts(resources, made, options.ipv6 ? LAN6 : LAN);
    return made.map((host, at): BareHost => ({ name: host.name, address: addresses[at] as string, host }));
  });
  const bare = connected.slice(options.names.length);
  const hosts = connected.slice(0, options.names.length).map(({ host }) => host);
  const engines = await step('a separate Docker Engine on each host', () =>
    Promise.all(hosts.map((host) => startEngine(resources, host, { dns: [RESOLVER] }))),
  );
  await step(`image ${BUSYBOX_IMAGE} from Debian's busybox-static`, () =>
    Promise.all(engines.map((engine) => engine.buildBusybox())),
  );
  const consul =
    options.bus === 'consul'
      ? await step('three Consul servers with a leader', () =>
          consulOn(resources, hosts[0] as TestHost, options.ipv6 ? CONSUL_SEGMENT : LAN),
        )
      : null;
  const bus = consul ? { driver: 'consul', consul: { addresses: [...consul.urls] } } : { driver: 'embedded' };
  const programOf = (name: string) => {
    const program = options.program?.(name);
    return program === undefined ? {} : { program };
  };
  const members = await step(
    `drover agent on each host, ${consul ? 'with the Consul cluster' : 'with the embedded bus'}`,
    () =>
      Promise.all(
        hosts.map(async (host, index): Promise<Member> => {
          const engine = engines[index] as Engine;
          const address = connected[index]?.address as string;
          const config = { host: { name: host.name, address }, bus, ...options.config?.(host.name) };
          const agent = await startAgent(resources, host, engine, { config, ...programOf(host.name) });
          return { name: host.name, address, host, engine, agent };
        }),
      ),
  );
  // Before the agents stop: Docker asks them to release addresses, and waits long if an agent is not running.
  resources.add('containers', () => Promise.all(members.map(({ engine }) => removeContainers(engine))));
  return { members, consul, bare };
}

/** Consul servers with their own addresses on the segment, so that every host reaches them. */
async function consulOn(
  resources: Resources,
  host: TestHost,
  { device, prefix, bits }: Segment,
): Promise<ConsulCluster> {
  const addresses = [101, 102, 103].map((n) => `${prefix}${n}`);
  for (const address of addresses) await host.run('ip', ['address', 'add', `${address}/${bits}`, 'dev', device]);
  return startConsulCluster(resources, { host, addresses });
}
