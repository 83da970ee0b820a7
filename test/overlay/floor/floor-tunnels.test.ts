import { expect, test } from 'vitest';
import type { HostOverlay, TunnelId } from '../../../model/index.ts';
import { type AcceptedPeer, createDirect, createVxlan, floorComponent, floorTunnels } from '../../../overlay/index.ts';
import { viewOf } from '../../../view/index.ts';
import { host, snapshot } from '../../view/world.ts';

const run = () => Promise.reject(new Error('not in this test'));
const wireguard = { name: 'wireguard', slot: 1, device: 'drover-wg1', port: 51821 } as const;
const backends = [createDirect(), createVxlan({ run }), wireguard];
const overlay = { addresses: ['192.0.2.2', '198.51.100.2'], publicAddress: '203.0.113.2' } as unknown as HostOverlay;
const accepted = (address: string, fact: HostOverlay | null): AcceptedPeer => ({
  host: { address } as AcceptedPeer['host'],
  overlay: fact,
  subnets: [],
  ends: [],
});
const of = (...kept: TunnelId['backend'][]) =>
  floorTunnels(
    kept.map((backend) => ({ backend, slot: backend === 'wireguard' ? 1 : 0 })),
    backends,
    [accepted('192.0.2.2', overlay), accepted('192.0.2.3', null)],
  );

test('Q36: floorTunnels() is closed unless plain routes are in use, also before there is any tunnel', () => {
  expect(of()).toEqual({ devices: [], closed: true, vxlan: null });
  expect(of('direct')).toEqual({ devices: [], closed: false, vxlan: null });
  expect(of('direct', 'wireguard')).toEqual({ devices: ['drover-wg1'], closed: false, vxlan: null });
  expect(of('wireguard')).toEqual({ devices: ['drover-wg1'], closed: true, vxlan: null });
  const addresses = ['192.0.2.2', '198.51.100.2', '203.0.113.2', '192.0.2.3'];
  expect(of('vxlan', 'wireguard')).toEqual({
    devices: ['drover-vx', 'drover-wg1'],
    closed: true,
    vxlan: { vni: 1042, port: 4789, addresses },
  });
});

test('desired() of the floor is null before the network and the tunnels are known, and identical while nothing changes', () => {
  let network: { subnet: string; device: string } | null = null;
  let tunnels: ReturnType<typeof of> | null = null;
  const ranges = ['10.42.0.0/16'];
  const floor = floorComponent(
    { applier: {} as never },
    { network: () => network, ranges: () => ranges, tunnels: () => tunnels },
  );
  const view = viewOf(snapshot({ hosts: [host('a')], containers: [] }), 'a');
  network = { subnet: '10.42.1.0/24', device: 'drover1' };
  expect(floor.desired(view)).toBeNull();
  tunnels = of('wireguard');
  const desired = floor.desired(view);
  expect(desired).toEqual({ ...tunnels, ranges, own: network });
  network = { ...network };
  expect(floor.desired(view)).toBe(desired);
  network = null;
  expect(floor.desired(view)).toBeNull();
});
