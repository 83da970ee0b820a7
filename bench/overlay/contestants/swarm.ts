import type Docker from 'dockerode';
import { BUSYBOX_IMAGE, type Engine, startEngine } from '../../../test/support/engine.ts';
import type { Resources } from '../../../test/support/resources.ts';
import { connectHosts, createTestHost } from '../../../test/support/test-host.ts';
import type { Way } from '../measure.ts';
import type { Container } from '../pair.ts';

const NETWORK = 'bench';

/** Two Docker Engines in one swarm, with a container each on an overlay network. */
export async function startSwarm(resources: Resources): Promise<Way> {
  const hosts = [await createTestHost(resources, 'swarm-a'), await createTestHost(resources, 'swarm-b')];
  const [a = '', b = ''] = await connectHosts(resources, hosts);
  const engines = await Promise.all(hosts.map((host) => startEngine(resources, host)));
  await Promise.all(engines.map((engine) => engine.buildBusybox()));
  const [manager, worker] = engines as [Engine, Engine];
  await manager.docker.swarmInit({ AdvertiseAddr: a, ListenAddr: `${a}:2377` });
  const { JoinTokens } = (await manager.docker.swarmInspect()) as { JoinTokens: { Worker: string } };
  await worker.docker.swarmJoin({
    RemoteAddrs: [`${a}:2377`],
    JoinToken: JoinTokens.Worker,
    AdvertiseAddr: b,
    ListenAddr: `${b}:2377`,
  });
  await manager.docker.createNetwork({ Name: NETWORK, Driver: 'overlay', Attachable: true });
  return { from: await runContainer(manager), to: await runContainer(worker) };
}

async function runContainer(engine: Engine): Promise<Container> {
  const create: Docker.ContainerCreateOptions = {
    Image: BUSYBOX_IMAGE,
    StopSignal: 'SIGKILL',
    HostConfig: { NetworkMode: NETWORK },
  };
  const container = await engine.run('bench', create);
  const { State, NetworkSettings } = await container.inspect();
  return { pid: State.Pid, address: NetworkSettings.Networks[NETWORK]?.IPAddress ?? '' };
}
