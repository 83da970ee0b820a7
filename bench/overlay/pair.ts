import type { Resources } from '../../test/support/resources.ts';
import { connectHosts, createTestHost, type TestHost } from '../../test/support/test-host.ts';

/** A network namespace that sends or receives, and its address. */
export interface Container {
  readonly pid: number;
  readonly address: string;
}

/** One host of a pair: a bridge with one container, as Docker makes them. */
export interface PairHost {
  readonly host: TestHost;
  /** On the underlay. */
  readonly address: string;
  readonly subnet: string;
  /** On the bridge. */
  readonly gateway: string;
  readonly container: Container;
}

export type Pair = readonly [PairHost, PairHost];

/** The bridge of each host. */
export const BRIDGE = 'drover1';

/** Docker does this on every host, so the kernel tracks the connections of all contestants. */
const MASQUERADE = `table ip docker_like {
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr 10.42.0.0/16 ip daddr != 10.42.0.0/16 masquerade
  }
}
`;

/** Two hosts on one Ethernet segment of MTU 1500. `mtu` is that of the containers. */
export async function createPair(resources: Resources, mtu: number): Promise<Pair> {
  const hosts = [await createTestHost(resources, 'bench-a'), await createTestHost(resources, 'bench-b')] as const;
  const [a = '', b = ''] = await connectHosts(resources, hosts);
  return [
    await attachContainer(resources, { host: hosts[0], address: a, number: 1, mtu }),
    await attachContainer(resources, { host: hosts[1], address: b, number: 2, mtu }),
  ];
}

async function attachContainer(
  resources: Resources,
  {
    host,
    address,
    number,
    mtu,
  }: { readonly host: TestHost; readonly address: string; readonly number: number; readonly mtu: number },
): Promise<PairHost> {
  const [gateway, own] = [`10.42.${number}.1`, `10.42.${number}.9`];
  const container = await createTestHost(resources, 'bench-container');
  await host.run('sysctl', ['-qw', 'net.ipv4.ip_forward=1']);
  await host.run('nft', ['-f', '-'], { input: MASQUERADE });
  await ipBatch(host, [
    `link add ${BRIDGE} mtu ${mtu} type bridge`,
    `address add ${gateway}/24 dev ${BRIDGE}`,
    `link add port mtu ${mtu} type veth peer name eth0 mtu ${mtu} netns ${container.holderPid}`,
    `link set port master ${BRIDGE} up`,
    `link set ${BRIDGE} up`,
  ]);
  await ipBatch(container, [`address add ${own}/24 dev eth0`, 'link set eth0 up', `route add default via ${gateway}`]);
  return {
    host,
    address,
    subnet: `10.42.${number}.0/24`,
    gateway,
    container: { pid: container.holderPid, address: own },
  };
}

export async function ipBatch(host: TestHost, lines: readonly string[]): Promise<void> {
  await host.run('ip', ['-batch', '-'], { input: `${lines.join('\n')}\n` });
}

/** Calls `act` for each host of a pair with the other one. */
export async function forEachEnd(pair: Pair, act: (own: PairHost, other: PairHost) => Promise<void>): Promise<void> {
  await act(pair[0], pair[1]);
  await act(pair[1], pair[0]);
}
