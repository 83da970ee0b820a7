import { execa } from 'execa';
import { type RunningAgent, startAgent } from '../test/support/agent.ts';
import { type ConsulCluster, startConsulCluster } from '../test/support/consul.ts';
import { BUSYBOX_IMAGE, type Engine, startEngine } from '../test/support/engine.ts';
import type { Resources } from '../test/support/resources.ts';
import { connectHosts, createTestHost, type TestHost } from '../test/support/test-host.ts';
import type { Screen } from './screen.ts';

export interface StageHost {
  readonly name: string;
  readonly host: TestHost;
  readonly engine: Engine;
  readonly agent: RunningAgent;
  readonly howToEnter: string;
}

export interface Stage {
  readonly resources: Resources;
  readonly hosts: readonly StageHost[];
}

/** Engines, the bus and agents, ready for containers. */
export async function setStage(resources: Resources, screen: Screen, count: number): Promise<Stage> {
  screen.part(count === 1 ? 'One host' : 'Two hosts, one Consul cluster');
  const names = ['alpha', 'beta'].slice(0, count);
  const machines = await screen.step('network namespaces that stand for hosts', async () => {
    const made: TestHost[] = [];
    for (const name of names) made.push(await createTestHost(resources, name));
    return { hosts: made, addresses: await connectHosts(resources, made) };
  });
  const engines = await screen.step('a Docker Engine on each, with data and socket of its own', () =>
    Promise.all(machines.hosts.map((host) => startEngine(resources, host, { dns: ['169.254.169.250'] }))),
  );
  await screen.step(`image ${BUSYBOX_IMAGE} from Debian's busybox-static`, () =>
    Promise.all(engines.map((engine) => engine.buildBusybox())),
  );
  const consul = count === 1 ? null : await startBus(resources, screen, machines.hosts[0] as TestHost);
  const hosts = await screen.step(`drover agent, ${consul ? 'on the Consul cluster' : 'with the embedded bus'}`, () =>
    Promise.all(
      machines.hosts.map(async (host, index): Promise<StageHost> => {
        const engine = engines[index] as Engine;
        const address = machines.addresses[index] as string;
        const bus = consul ? { driver: 'consul', consul: { address: consul.url } } : { driver: 'embedded' };
        const agent = await startAgent(resources, host, engine, {
          config: { bus, host: { name: host.name, address } },
        });
        const howToEnter = `${host.name}: nsenter -t ${host.holderPid} -n -m bin/drover status --config ${agent.configPath}`;
        return { name: host.name, host, engine, agent, howToEnter };
      }),
    ),
  );
  return { resources, hosts };
}

async function startBus(resources: Resources, screen: Screen, host: TestHost): Promise<ConsulCluster> {
  await screen.step('Consul is here (scripts/fetch-consul)', () =>
    execa('sh', ['scripts/fetch-consul'], { stdio: ['ignore', 'ignore', 'inherit'] }),
  );
  return screen.step('three Consul servers with a leader', () => startConsulCluster(resources, { host }));
}
