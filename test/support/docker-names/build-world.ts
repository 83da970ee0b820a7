import type Docker from 'dockerode';
import { BUSYBOX_IMAGE, type Engine, removeContainers } from '../engine.ts';
import { poll } from '../poll.ts';
import type { Attachment, Change, NameWorld, PlannedContainer } from './random-world.ts';

/** Creates the networks and containers of a world on an engine, and carries out its changes. `upstream` is their resolver. */
export async function buildWorld(engine: Engine, world: NameWorld, upstream: string): Promise<void> {
  for (const { name, internal } of world.networks) {
    await engine.docker.createNetwork({ Name: name, Internal: internal, CheckDuplicate: true });
  }
  for (const planned of world.containers) await startPlanned(engine, planned, upstream);
  for (const change of world.changes) await carryOut(engine, world, change, upstream);
}

export async function removeWorld(engine: Engine, world: NameWorld): Promise<void> {
  await removeContainers(engine);
  for (const { name } of world.networks) {
    await poll(() => removeNetwork(engine, name).then(() => true), { what: `removal of network ${name}` });
  }
}

/** Engine 20.10 sometimes keeps the endpoint of a container that was removed. */
async function removeNetwork({ docker }: Engine, name: string): Promise<void> {
  const network = docker.getNetwork(name);
  const { Containers = {} } = (await network.inspect()) as { Containers?: Record<string, { Name: string }> };
  for (const { Name } of Object.values(Containers)) await network.disconnect({ Container: Name, Force: true });
  await network.remove();
}

/** As Compose does: created on its first network, attached to the others, then started. */
async function startPlanned({ docker }: Engine, planned: PlannedContainer, upstream: string): Promise<void> {
  const [first, ...others] = planned.networks;
  const container = await docker.createContainer({
    name: planned.name,
    Image: BUSYBOX_IMAGE,
    Cmd: ['sleep', '1000000'],
    ...(planned.hostname === null ? {} : { Hostname: planned.hostname }),
    StopTimeout: 0,
    Labels: labelsOf(planned),
    HostConfig: { NetworkMode: first?.network ?? 'none', Dns: [upstream] },
    ...(first ? { NetworkingConfig: { EndpointsConfig: { [first.network]: endpointOf(planned, first) } } } : {}),
  });
  for (const other of others) await attach(docker, container, other, endpointOf(planned, other));
  await container.start();
}

function endpointOf({ links }: PlannedContainer, { aliases }: Attachment): Docker.EndpointSettings {
  return { Aliases: [...aliases], Links: [...links] };
}

function attach(
  docker: Docker,
  { id }: Docker.Container,
  { network }: Attachment,
  EndpointConfig: Docker.EndpointSettings,
): Promise<unknown> {
  return docker.getNetwork(network).connect({ Container: id, EndpointConfig });
}

function labelsOf({ stack, service, number }: PlannedContainer): Record<string, string> {
  if (stack === null || service === null) return {};
  return {
    'com.docker.compose.project': stack,
    'com.docker.compose.service': service,
    'com.docker.compose.container-number': String(number),
  };
}

async function carryOut(engine: Engine, world: NameWorld, change: Change, upstream: string): Promise<void> {
  const { docker } = engine;
  const container = docker.getContainer(change.container);
  switch (change.kind) {
    case 'attach': {
      const { HostConfig, NetworkSettings } = await container.inspect();
      const isAlone = HostConfig.NetworkMode === 'none' && 'none' in NetworkSettings.Networks;
      if (isAlone) await docker.getNetwork('none').disconnect({ Container: change.container });
      await docker.getNetwork(change.to.network).connect({
        Container: change.container,
        EndpointConfig: { Aliases: [...change.to.aliases] },
      });
      break;
    }
    case 'detach':
      await docker.getNetwork(change.network).disconnect({ Container: change.container });
      break;
    case 'rename':
      await container.rename({ name: change.to });
      break;
    case 'restart':
      await container.restart({ t: 0 });
      break;
    case 'stop':
      await container.stop({ t: 0 });
      break;
    case 'recreate': {
      await container.remove({ force: true });
      const planned = world.containers.find(({ name }) => name === change.container);
      if (planned) await startPlanned(engine, planned, upstream);
    }
  }
}
