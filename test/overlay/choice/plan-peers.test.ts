import { expect, test } from 'vitest';
import type { OverlayChoice, TunnelEnd } from '../../../model/index.ts';
import { type BackendFacts, planPeers } from '../../../overlay/choice/plan-peers.ts';
import { host } from '../../view/world.ts';

const backends: readonly BackendFacts[] = [
  { name: 'wireguard', slot: 0, overheadBytes: { 4: 60, 6: 80 }, hop: () => ({ device: 'drover-wg0', gateway: null }) },
  { name: 'vxlan', slot: 0, overheadBytes: { 4: 50, 6: 70 }, hop: () => ({ device: 'drover-vx', gateway: null }) },
];

/** What this host probes, and the MTU of its route, with a peer at an address. */
function mtuTo(name: 'wireguard' | 'vxlan', own: number, theirs: number, address: string) {
  const end: TunnelEnd = { backend: name, slot: 0, generation: 1, port: 1, publicKey: null };
  const { backend, slot } = end;
  const choice: OverlayChoice = { setting: 'auto', backend: name, generation: 2, keysSinceMs: 0, reason: '' };
  const overlay = {
    abilities: [],
    ends: [end],
    uses: 1,
    addresses: [address],
    publicAddress: null,
    underlayMtu: theirs,
  };
  const peer = { host: host('b'), overlay, subnets: ['10.42.2.0/24'], ends: [{ ...end, incarnation: 1 }] };
  const { routes, probes, tunnels } = planPeers(
    {
      hostId: 'a',
      choice,
      kept: [{ backend, slot }],
      ready: [{ backend, slot }],
      answering: new Map(),
      network: { subnet: '10.42.1.0/24', gateway: '10.42.1.1', device: 'drover1' },
      address: '192.0.2.1',
      underlayMtu: own,
      backends,
      reach: () => ({ address, isSilent: false, mtu: null }),
    },
    { peers: new Map([['b', peer]]), absent: new Map() },
  );
  return { device: tunnels.get(`${name}-0`)?.own?.mtu, probed: probes[0]?.mtu, route: routes[0]?.mtu };
}

const CASES = [
  ['devices of the same size', 'wireguard', 1500, 1500, '192.0.2.2', { device: 1440, probed: 1440, route: null }],
  ['a smaller device of the peer', 'wireguard', 1500, 1320, '192.0.2.2', { device: 1440, probed: 1248, route: 1248 }],
  ['a peer at its IPv6 address', 'wireguard', 1500, 1500, 'fd00:2::2', { device: 1440, probed: 1408, route: 1408 }],
  ['a smaller device of this host', 'wireguard', 1320, 1500, '192.0.2.2', { device: 1260, probed: 1260, route: null }],
  ['VXLAN, which fills nothing up', 'vxlan', 9000, 1500, '192.0.2.2', { device: 8950, probed: 1450, route: 1450 }],
] as const;

test.each(CASES)('Q11: packets fit the path after wireguard-go has filled them up: %s', (_title, ...values) => {
  const [name, own, theirs, address, expected] = values;
  expect(mtuTo(name, own, theirs, address)).toEqual(expected);
});
