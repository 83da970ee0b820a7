import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { askAgent, type OverlayPage } from '../../../agent/index.ts';
import { runCommand } from '../../../system/index.ts';
import type { ConsulCluster } from '../consul.ts';
import { addressOf, composeUp, pidOf } from '../containers.ts';
import { poll } from '../poll.ts';
import type { Resources } from '../resources.ts';
import { type BareHost, createWorld, type Member } from '../world.ts';

const PROGRAMS = resolve('.tools/overlay/bin');

/** The programs of the overlay as Drover's configuration names them. */
export const OVERLAY_PROGRAMS = {
  wg: join(PROGRAMS, 'wg'),
  wireguardGo: join(PROGRAMS, 'wireguard-go'),
  charon: join(PROGRAMS, 'charon'),
};

/** A host with one container on the managed network. */
export interface Site extends Member {
  /** Process id of the container, for `nsenter`. */
  readonly pid: number;
  /** Address of the container. */
  readonly inner: string;
}

export interface OverlayWorld {
  readonly sites: readonly Site[];
  readonly bare: readonly BareHost[];
  readonly consul: ConsulCluster;
  /** `POST /v1/overlay` on the first host. */
  ask(body: { readonly use: string } | { readonly rotate: true }): Promise<void>;
}

export interface OverlayWorldOptions {
  readonly names: readonly string[];
  readonly backend: string;
  readonly bare?: readonly string[];
  /** Whether each agent finds the address of its host itself. Default: it is configured. */
  readonly findsAddress?: boolean;
  readonly ipv6?: boolean;
}

/** Hosts with agents, one Consul cluster, and a container on each host. */
export async function createOverlayWorld(
  resources: Resources,
  { names, backend, bare = [], findsAddress = false, ipv6 = false }: OverlayWorldOptions,
): Promise<OverlayWorld> {
  const world = await createWorld(resources, {
    names,
    bare,
    ipv6,
    bus: 'consul',
    config: (name) => ({
      network: { backend, ...OVERLAY_PROGRAMS },
      ...(findsAddress ? { host: { name } } : {}),
    }),
  });
  const sites = await Promise.all(
    world.members.map(async (member): Promise<Site> => {
      const name = `box-${member.name}-1`;
      await composeUp(member, 'box', member.name, 1);
      return { ...member, pid: await pidOf(member, name), inner: await addressOf(member, name) };
    }),
  );
  const [first] = sites as [Site];
  return {
    sites,
    bare: world.bare,
    consul: world.consul as ConsulCluster,
    ask: async (body) => {
      const socket = join(first.agent.runDir, 'control.sock');
      const reply = await askAgent(socket, { method: 'POST', path: '/v1/overlay', body });
      if (reply.kind !== 'answer') throw new Error(`not accepted: ${JSON.stringify(reply)}`);
    },
  };
}

/** One ICMP echo from the container of one site to that of another. */
export async function isReached(from: Pick<Site, 'pid'>, to: Pick<Site, 'inner'>): Promise<boolean> {
  const ping = ['-t', `${from.pid}`, '-n', 'busybox', 'ping', '-c', '1', '-W', '1', to.inner];
  return runCommand('nsenter', ping).then(
    () => true,
    () => false,
  );
}

/** All ordered pairs. */
export function pairsOf(sites: readonly Site[]): readonly (readonly [Site, Site])[] {
  return sites.flatMap((from) => sites.flatMap((to) => (from === to ? [] : [[from, to] as const])));
}

/** Waits until each container reaches each other one, and returns how long that took, in ms. */
export async function untilConnected(sites: readonly Site[], timeoutMs = 30_000): Promise<number> {
  const begin = performance.now();
  await Promise.all(
    pairsOf(sites).map(([from, to]) =>
      poll(() => isReached(from, to), { what: `${from.name} to reach ${to.name}`, timeoutMs, intervalMs: 50 }),
    ),
  );
  return Math.round(performance.now() - begin);
}

const TUNNEL_DEVICE = /^(drover-vx|drover-wg[01]|ipsec0|drover-ipsec)\b/;

/** The devices of tunnels that a host has. */
export async function tunnelDevices({ host }: Pick<Member, 'host'>): Promise<string[]> {
  const links = await host.run('ip', ['-brief', 'link']);
  return links.split('\n').flatMap((line) => TUNNEL_DEVICE.exec(line)?.[1] ?? []);
}

/** What `drover overlay` says of the path to the first of the other hosts. */
export async function pathOf({ agent }: Pick<Member, 'agent'>): Promise<OverlayPage['rows'][number] | undefined> {
  const { stdout } = await agent.drover(['overlay', '--json']);
  return (JSON.parse(stdout) as OverlayPage).rows[0];
}

/** The routes to the subnets of other hosts. */
export function overlayRoutes({ host }: Pick<Member, 'host'>): Promise<string> {
  return host.run('ip', ['route', 'show', 'proto', '250']);
}

/** Waits until the device, and it alone, carries the traffic of all hosts. Empty: none, with plain routes. */
export async function untilUsed(sites: readonly Member[], device: RegExp | null, timeoutMs = 30_000): Promise<void> {
  const isAlone = async (site: Member): Promise<boolean> => {
    const devices = await tunnelDevices(site);
    return device === null ? devices.length === 0 : devices.length === 1 && device.test(devices[0] ?? '');
  };
  const isRouted = async (site: Member): Promise<boolean> => {
    const expected = device === null ? /via 192\.0\.2\./ : new RegExp(`dev ${device.source}`);
    return expected.test(await overlayRoutes(site));
  };
  for (const site of sites) {
    const what = device === null ? 'only plain routes' : `only ${device.source}`;
    await poll(() => isAlone(site), { what: `${what} on ${site.name}`, timeoutMs });
    await poll(() => isRouted(site), { what: `routes of ${site.name}: ${what}`, timeoutMs });
  }
}

/** Process id of a program that the agent supervises. */
export async function childPid({ agent }: Pick<Member, 'agent'>, name: string): Promise<number> {
  return Number.parseInt(await readFile(join(agent.runDir, `${name}.pid`), 'utf8'), 10);
}
