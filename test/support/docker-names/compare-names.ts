import { resolve } from 'node:path';
import type Docker from 'dockerode';
import type { Engine } from '../engine.ts';
import type { TestHost } from '../test-host.ts';
import type { NameWorld } from './random-world.ts';

export const DOCKER = '127.0.0.11';
export const DROVER = '169.254.169.250';

export interface Comparison {
  /** Names that one of the resolvers answered or should have, times askers. */
  readonly names: number;
  /** Names that Docker's resolver answered. */
  readonly answered: number;
  readonly differences: readonly string[];
}

/** Asks both resolvers for all names of a world, from inside every running container. */
export async function compareNames(host: TestHost, engine: Engine, world: NameWorld): Promise<Comparison> {
  const containers = await runningContainers(engine);
  const names = namesOf(world, containers);
  const parts = await Promise.all(
    containers
      .filter((one) => networksOf(one).size > 0)
      .map(async (asker) => {
        const answers = await askInside(host, asker, names);
        return { asker, docker: answers[DOCKER], drover: answers[DROVER] };
      }),
  );
  const differences = parts.flatMap(({ asker, docker, drover }) => {
    // An internal network may have no route to Drover: such a container keeps Docker's resolver.
    if (!docker || !drover) return isReachable(asker) ? [`${nameOf(asker)} gets no answer`] : [];
    return names.flatMap((name) => {
      const fault = faultOf({ asker, name, containers, docker: docker[name] ?? [], drover: drover[name] ?? [] });
      return fault === null ? [] : [`${nameOf(asker)} asks ${name}: ${fault}`];
    });
  });
  const answered = parts.flatMap(({ docker }) => Object.values(docker ?? {}).filter((one) => one.length > 0)).length;
  return { names: parts.length * names.length, answered, differences };

  function isReachable(asker: Docker.ContainerInspectInfo): boolean {
    return [...networksOf(asker).keys()].some((name) =>
      world.networks.some((one) => one.name === name && !one.internal),
    );
  }
}

async function runningContainers({ docker }: Engine): Promise<readonly Docker.ContainerInspectInfo[]> {
  const list = await docker.listContainers();
  return Promise.all(list.map(({ Id }) => docker.getContainer(Id).inspect()));
}

async function askInside(
  host: TestHost,
  { State }: Docker.ContainerInspectInfo,
  names: readonly string[],
): Promise<Record<string, Record<string, readonly string[]> | null>> {
  const script = resolve(import.meta.dirname, 'ask-names.ts');
  const args = ['-t', String(State.Pid), '-n', process.execPath, script, DOCKER, DROVER];
  return JSON.parse(await host.run('nsenter', args, { input: JSON.stringify(names), timeoutMs: 60_000 }));
}

/** Every name that Docker may know, alone and with the name of each network, and some that it does not. */
function namesOf(world: NameWorld, containers: readonly Docker.ContainerInspectInfo[]): readonly string[] {
  const planned = world.containers.flatMap(({ name, service, networks, links }) => [
    name,
    ...(service === null ? [] : [service]),
    ...networks.flatMap(({ aliases }) => aliases),
    ...links.map((link) => link.split(':')[1] ?? ''),
  ]);
  const later = world.changes.flatMap((change) => (change.kind === 'attach' ? change.to.aliases : []));
  const actual = containers.flatMap(({ Id, Name, Config }) => [Id.slice(0, 12), Name.slice(1), Config.Hostname]);
  const plain = [...new Set([...planned, ...later, ...actual, 'nosuch', 'tasks.web', 'front'])];
  return plain.flatMap((name) => [name, ...world.networks.map((network) => `${name}.${network.name}`)]);
}

interface Asked {
  readonly asker: Docker.ContainerInspectInfo;
  readonly name: string;
  readonly containers: readonly Docker.ContainerInspectInfo[];
  readonly docker: readonly string[];
  readonly drover: readonly string[];
}

/**
 * What is wrong with Drover's answer; null: nothing. Drover's own names come first: a service of the asker's stack, and the name of a
 * container. Their answer is about these containers alone. Every other answer is Docker's.
 */
function faultOf({ asker, name, containers, docker, drover }: Asked): string | null {
  if (docker.join() === drover.join()) return null;
  const told = `Docker ${docker.join(' ') || 'nothing'}, Drover ${drover.join(' ') || 'nothing'}`;
  const own = ownBearers(asker, name, containers);
  const near = own.filter((one) => [...networksOf(one).keys()].some((network) => networksOf(asker).has(network)));
  if (own.length === 0 || (near.length === 0 && docker.length > 0)) {
    return told;
  }
  const allowed = new Set(own.flatMap((one) => [...networksOf(one).values()]));
  if (drover.some((address) => !allowed.has(address))) return `${told}, expected some of ${[...allowed].join(' ')}`;
  const expected = docker.filter((address) => allowed.has(address));
  return expected.every((address) => drover.includes(address)) || drover.length >= near.length ? null : told;
}

/** The containers that a name of Drover's own means to the asker. */
function ownBearers(
  asker: Docker.ContainerInspectInfo,
  text: string,
  containers: readonly Docker.ContainerInspectInfo[],
): readonly Docker.ContainerInspectInfo[] {
  const name = text.toLowerCase();
  const stackOf = ({ Config }: Docker.ContainerInspectInfo) => Config.Labels['com.docker.compose.project'];
  const serviceOf = ({ Config }: Docker.ContainerInspectInfo) => Config.Labels['com.docker.compose.service'];
  const inStack = stackOf(asker) === undefined ? [] : containers.filter((one) => stackOf(one) === stackOf(asker));
  const ofService = [
    inStack.filter((one) => serviceOf(one) === name),
    containers.filter((one) => `${serviceOf(one)}.${stackOf(one)}` === name),
    containers.filter((one) => !name.includes('.') && nameOf(one).toLowerCase() === name),
  ];
  return ofService.find((found) => found.length > 0) ?? [];
}

function nameOf({ Name }: Docker.ContainerInspectInfo): string {
  return Name.slice(1);
}

/** Network name -> address. */
function networksOf({ NetworkSettings }: Docker.ContainerInspectInfo): ReadonlyMap<string, string> {
  const networks = Object.entries(NetworkSettings.Networks).map(([name, { IPAddress }]) => [name, IPAddress] as const);
  return new Map(networks.filter(([, address]) => address !== ''));
}
