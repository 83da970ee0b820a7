import { join } from 'node:path';
import type Docker from 'dockerode';
import { addressOf, inside } from './containers.ts';
import { arpReply, buildSendFrames, type Station } from './frames.ts';
import { poll } from './poll.ts';
import type { Resources } from './resources.ts';
import { createWorld, type Member, RESOLVER } from './world.ts';

/** A host with containers on a managed network with the port guard. */
export interface GuardedHost extends Member {
  /** The bridge: the containers' gateway. */
  readonly router: Station;
  /** The service address, as containers send to it. */
  readonly service: Station;
  /** Starts a container on the managed network, with `/tools/send-frames` in it and Docker's default capabilities. */
  run(name: string, host?: Docker.HostConfig, create?: Docker.ContainerCreateOptions): Promise<Docker.Container>;
  stationOf(container: string): Promise<Station>;
  /** The elements of a set of the guard's table, sorted. */
  setOf(set: string): Promise<readonly string[]>;
  /** Waits until the container's port is known. */
  untilKnown(container: string): Promise<void>;
  /** Lets a container with NET_ADMIN use another container's address, claim it by ARP, and read its identity; returns the reply. */
  steal(thief: string, victim: string): Promise<string>;
  /** Reason -> packets dropped for it so far. */
  drops(): Promise<Readonly<Record<string, number>>>;
}

const askSelf = (seconds: number) =>
  `busybox timeout ${seconds} wget -qO- http://${RESOLVER}/latest/self/container/name`;
/** Prints the name under which metadata knows the client. */
export const ASK_SELF = askSelf(15);

const TABLE = ['bridge', 'drover_guard'];

export async function createGuardedHost(
  resources: Resources,
  config: Record<string, unknown> = {},
): Promise<GuardedHost> {
  const { members } = await createWorld(resources, { names: ['alpha'], bus: 'embedded', config: () => config });
  const member = members[0] as Member;
  const { host, engine } = member;
  const tools = join(host.dir, 'tools');
  await buildSendFrames(tools);
  const { IPAM } = (await engine.docker.getNetwork('drover').inspect()) as Docker.NetworkInspectInfo;
  const ipv4 = IPAM?.Config?.[0]?.Gateway ?? '';

  const setOf = async (set: string): Promise<readonly string[]> => {
    const listing = await host.run('nft', ['list', 'set', ...TABLE, set]);
    const elements = /elements = \{([^}]*)\}/.exec(listing)?.[1] ?? '';
    return elements
      .split(',')
      .flatMap((element) => element.trim() || [])
      .toSorted();
  };
  // The bridge keeps the MAC address that Docker assigns when it creates the bridge.
  const router = { mac: await macOf(member, 'drover1'), ipv4 };
  const stationOf = async (container: string): Promise<Station> => {
    const { NetworkSettings } = await engine.docker.getContainer(container).inspect();
    const { MacAddress = '', IPAddress = '' } = NetworkSettings.Networks.drover ?? {};
    return { mac: MacAddress, ipv4: IPAddress };
  };
  return {
    ...member,
    router,
    service: { ...router, ipv4: RESOLVER },
    run: (name, more = {}, create = {}) =>
      engine.run(name, {
        StopSignal: 'SIGKILL',
        ...create,
        HostConfig: { NetworkMode: 'drover', Binds: [`${tools}:/tools:ro`], ...more },
      }),
    stationOf,
    setOf,
    untilKnown: async (container) => {
      const address = await addressOf(member, container);
      // A reassigned address is `taken` again only after its new port is known.
      const isKnown = async () => (await setOf('taken')).includes(address);
      await poll(isKnown, { what: `${container} to be known at ${address}` });
    },
    steal: async (thief, victim) => {
      const [own, other] = [await stationOf(thief), await stationOf(victim)];
      const claim = arpReply({ ...other, mac: own.mac }, router);
      const route = `ip route add ${RESOLVER} via ${ipv4} src ${other.ipv4}`;
      await inside(member, thief, `ping -c 1 -W 15 ${ipv4} && ip addr add ${other.ipv4}/24 dev eth0 && ${route}`);
      const theft = `for i in 1 2 3; do /tools/send-frames eth0 ${claim}; ${askSelf(2)}; done`;
      const { output } = await engine.exec(thief, ['sh', '-c', theft]);
      await inside(member, thief, `ip addr del ${other.ipv4}/24 dev eth0`);
      return output;
    },
    drops: async () => {
      const listing = await host.run('nft', ['list', 'table', ...TABLE]);
      const found = [...listing.matchAll(/counter packets (\d+) bytes \d+ drop comment "([^"]+)"/g)];
      return Object.fromEntries(found.map(([, packets, reason = '']) => [reason, Number(packets)]));
    },
  };
}

async function macOf({ host }: Member, device: string): Promise<string> {
  const [link] = JSON.parse(await host.run('ip', ['-json', 'link', 'show', device]));
  return (link as { address: string }).address;
}
