import { expect } from 'vitest';
import {
  createFloor,
  createManagedRouting,
  createVxlan,
  type DesiredFloor,
  type Floor,
  type FloorTunnels,
  type TunnelPeer,
} from '../../../overlay/index.ts';
import type { Applier } from '../../../reconcile/index.ts';
import type { TestHost } from '../test-host.ts';
import { testLog } from '../test-log.ts';
import { type TunnelHost, withSubnet } from './tunnel-host.ts';

const RANGES = ['10.42.0.0/16'];
const { signal } = new AbortController();

/** A host with a container: a network namespace behind the bridge, with the second address of the subnet. */
export interface ContainerHost extends TunnelHost {
  readonly container: string;
  readonly floor: Floor;
  /** The command line that runs a program in the container, for `run` and `start` of the host. */
  inContainer(file: string, args: readonly string[]): { readonly file: string; readonly args: readonly string[] };
  /** The floor of this host, for the tunnel to its peer. */
  closed(peer: TunnelHost, changes?: Partial<FloorTunnels>): DesiredFloor;
  /** Makes the floor and then the tunnel and the route to another host, with VXLAN. */
  connect(peer: TunnelHost, mtu: number): Promise<void>;
}

export async function withContainer(test: TestHost, n: number, address: string): Promise<ContainerHost> {
  const host = await withSubnet(test, n, address);
  const { run, own } = host;
  const container = `10.42.${n}.2`;
  // The kernel drops nothing on its own.
  const filters = ['all', 'default', 'uplink'].map((device) => `net.ipv4.conf.${device}.rp_filter=0`);
  await run('sysctl', ['-qw', 'net.ipv4.ip_forward=1', ...filters]);
  await run('ip', ['netns', 'add', 'container']);
  await ipBatch(host, ['link add port type veth peer name eth0 netns container', 'link set port master drover1 up']);
  await ipBatch(
    host,
    [`address add ${container}/24 dev eth0`, 'link set eth0 up', `route add default via ${own.gateway}`],
    ['-n', 'container'],
  );
  const backend = createVxlan({ run });
  const log = testLog(host.name);
  const routing = createManagedRouting({ run, log }, { dockerUserRules: false });
  const floor = createFloor({ run, log });
  const closed: ContainerHost['closed'] = (peer, changes = {}) => ({
    ranges: RANGES,
    own: { subnet: own.subnet, device: 'drover1' },
    devices: ['drover-vx'],
    closed: true,
    vxlan: { vni: 1042, port: 4789, addresses: [own.address, peer.own.address] },
    ...changes,
  });
  return {
    ...host,
    container,
    floor,
    closed,
    inContainer: (file, args) => ({ file: 'ip', args: ['netns', 'exec', 'container', file, ...args] }),
    connect: async (peer, mtu) => {
      const { hostId, address: at, subnet } = peer.own;
      const tunnel: TunnelPeer = {
        hostId,
        address: at,
        port: 4789,
        publicKey: null,
        subnets: [subnet],
        isSilent: false,
      };
      const route = { hostId, subnets: [subnet], hop: backend.hop(tunnel), mtu };
      await settle(floor.applier, closed(peer));
      await settle(backend.applier, { own: { ...own, mtu }, peers: [tunnel] });
      await settle(routing.applier, { ranges: RANGES, own: { ...own, device: 'drover1' }, peers: [route] });
    },
  };
}

export async function ipBatch(
  host: TestHost,
  lines: readonly string[],
  options: readonly string[] = [],
): Promise<void> {
  await host.run('ip', [...options, '-batch', '-'], { input: `${lines.join('\n')}\n` });
}

/** Makes one pass, and proves that nothing is left to do. Returns the lines of the changes. */
export async function settle<Desired, Observed, Change>(
  { observe, plan, apply, format }: Applier<Desired, Observed, Change>,
  desired: Desired,
): Promise<readonly string[]> {
  const { changes } = plan(desired, await observe(desired, signal));
  for (const change of changes) await apply(change, signal);
  expect(plan(desired, await observe(desired, signal))).toEqual({ changes: [], problems: [] });
  return changes.map(format);
}
