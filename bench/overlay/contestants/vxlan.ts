import { forEachEnd, ipBatch, type Pair, type PairHost } from '../pair.ts';

/** The kernel's VXLAN device with static entries, as a person would make it. */
export function connectVxlan(pair: Pair): Promise<void> {
  return forEachEnd(pair, async ({ host, address, gateway }, other) => {
    await ipBatch(host, [
      `link add vx address ${macOf({ gateway })} mtu 1450 type vxlan id 42 dstport 4789 local ${address} nolearning`,
      'link set vx up',
      `neighbour add ${networkOf(other)} lladdr ${macOf(other)} dev vx nud permanent`,
      `route add ${other.subnet} via ${networkOf(other)} dev vx onlink src ${gateway}`,
    ]);
    await host.run('bridge', ['fdb', 'add', macOf(other), 'dev', 'vx', 'dst', other.address, 'self', 'permanent']);
  });
}

function networkOf({ subnet }: Pick<PairHost, 'subnet'>): string {
  return subnet.split('/')[0] ?? '';
}

function macOf({ gateway }: Pick<PairHost, 'gateway'>): string {
  const bytes = gateway.split('.').map((byte) => Number(byte).toString(16).padStart(2, '0'));
  return `0a:00:${bytes.join(':')}`;
}
