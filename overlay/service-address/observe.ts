import {
  type FilterChains,
  type IpLink,
  type IpRoute,
  type NftTable,
  readDevice,
  readFilterChains,
  readIp,
} from '../../linux/index.ts';
import { CommandError, type RunCommand } from '../../system/index.ts';
import type { ServiceAddressSettings } from './settings.ts';

/** The parts of the service address that exist on this host. */
export interface ObservedServiceAddress {
  /** `broken`: the name exists, but is not mounted. */
  readonly namespace: 'absent' | 'broken' | 'present';
  /** Host's end of the veth pair. */
  readonly outer: IpLink | null;
  /** `eth0` in the namespace. */
  readonly inner: IpLink | null;
  readonly loopbackUp: boolean;
  /** Whether waiting connections move to another listener when a process ends; null: not supported (kernels before 5.14). */
  readonly migratesConnections: boolean | null;
  /** Routes of the namespace. */
  readonly innerRoutes: readonly IpRoute[];
  /** Host routes to exactly our addresses. */
  readonly routes: readonly IpRoute[];
  /** Devices of this host that have one of our inner addresses, which only the namespace may have. */
  readonly devicesWithAddress: readonly string[];
  /** Our nft table; null: there is none. */
  readonly table: string | null;
  readonly chains: FilterChains | null;
  readonly forwarding: boolean;
  /** Forwarding of the host's end; null: the device does not exist. */
  readonly outerForwarding: boolean | null;
}

export const INNER_DEVICE = 'eth0';

export function enterPrefix({ namespace }: Pick<ServiceAddressSettings, 'namespace'>): readonly string[] {
  // Not `ip netns exec`, which mounts a new /sys: programs inside would lose their control groups.
  return ['nsenter', `--net=/run/netns/${namespace}`, '--'];
}

export async function observeServiceAddress(
  { run, table }: { run: RunCommand; table: NftTable },
  settings: ServiceAddressSettings,
  signal?: AbortSignal,
): Promise<ObservedServiceAddress> {
  const { device, serviceAddress, sourceAddress } = settings;
  const questions = [serviceAddress, sourceAddress].flatMap((address) => [
    `route show exact ${address}/32`,
    `address show to ${address}/32`,
  ]);
  const { routes, links } = await readIp(run, questions, { signal });
  return {
    ...(await observeInside(run, settings, signal)),
    outer: await readDevice(run, device, { signal }),
    routes,
    devicesWithAddress: links.map(({ ifname }) => ifname),
    table: await table.read(signal),
    chains: settings.dockerUserRules ? await readFilterChains(run, signal) : null,
    ...(await observeForwarding(run, device, signal)),
  };
}

async function observeInside(run: RunCommand, settings: ServiceAddressSettings, signal?: AbortSignal) {
  const nothing = { inner: null, loopbackUp: false, migratesConnections: null, innerRoutes: [] };
  const prefix = enterPrefix(settings);
  try {
    const { links, routes: innerRoutes } = await readIp(run, ['address show', 'route show'], { prefix, signal });
    const find = (name: string) => links.find(({ ifname }) => ifname === name);
    const loopbackUp = find('lo')?.flags?.includes('UP') ?? false;
    const migratesConnections = await observeMigration(run, prefix, signal);
    const inner = find(INNER_DEVICE) ?? null;
    return { namespace: 'present' as const, inner, loopbackUp, migratesConnections, innerRoutes };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    if (error.stderr.includes('No such file')) return { namespace: 'absent' as const, ...nothing };
    if (error.stderr.includes('Invalid argument')) return { namespace: 'broken' as const, ...nothing };
    throw error;
  }
}

async function observeMigration(run: RunCommand, [enter = '', ...prefix]: readonly string[], signal?: AbortSignal) {
  const args = [...prefix, 'sysctl', '--ignore', '--values', 'net.ipv4.tcp_migrate_req'];
  const value = (await run(enter, args, signal ? { signal } : {})).trim();
  return value === '' ? null : value !== '0';
}

async function observeForwarding(run: RunCommand, device: string, signal?: AbortSignal) {
  const own = `net.ipv4.conf.${device}.forwarding`;
  const text = await run('sysctl', ['--ignore', 'net.ipv4.ip_forward', own], signal ? { signal } : {});
  const read = (key: string) =>
    text
      .split('\n')
      .find((line) => line.startsWith(`${key} = `))
      ?.endsWith('= 1');
  return { forwarding: read('net.ipv4.ip_forward') ?? false, outerForwarding: read(own) ?? null };
}
