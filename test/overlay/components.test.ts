import { expect, test } from 'vitest';
import {
  createManagedRouting,
  createPortGuard,
  type DockerNetwork,
  managedNetworkComponent,
  managedRoutingComponent,
  portGuardComponent,
} from '../../overlay/index.ts';
import { type HostView, viewOf } from '../../view/index.ts';
import { testLog } from '../support/test-log.ts';
import { container, host, MANAGED, snapshot } from '../view/world.ts';

const deps = { run: () => Promise.reject(new Error('not in this test')), log: testLog('components') };
const OWN: DockerNetwork = {
  id: MANAGED,
  name: 'drover',
  device: 'drover1',
  subnet: '10.42.1.0/24',
  gateway: '10.42.1.1',
  isOurs: true,
};
const web = container('web', 'shop/web', '10.42.1.2');
const withMac = { ...web, addresses: web.addresses.map((address) => ({ ...address, mac: '02:42:0a:2a:01:02' })) };

function viewWith(containers: readonly (typeof web)[]): HostView {
  const hosts = [
    host('a', { subnets: ['10.42.1.0/24'], address: '192.0.2.1' }),
    host('b', { subnets: ['10.42.2.0/24'], address: '192.0.2.2' }),
    host('c', { address: '192.0.2.3' }),
  ];
  return viewOf(snapshot({ hosts, containers }), 'a');
}

test('desired() of the routing is the peers, and nothing before this host has a network', () => {
  let own: DockerNetwork | null = null;
  const ranges = ['10.42.0.0/16'];
  const hop = { device: 'drover-vx', gateway: '10.42.2.0' };
  const peers = [{ hostId: 'b', subnets: ['10.42.2.0/24'], hop, mtu: 1450 }];
  const sources = { network: () => own, ranges: () => ranges, peers: () => peers };
  const routing = managedRoutingComponent(createManagedRouting(deps), sources);
  const view = viewWith([web]);
  expect(routing.desired(view)).toBeNull();
  own = OWN;
  const desired = routing.desired(view);
  expect(desired).toEqual({
    ranges,
    own: { subnet: '10.42.1.0/24', gateway: '10.42.1.1', device: 'drover1' },
    peers,
  });
  expect(routing.desired(view)).toBe(desired);
});

test('desired() of the port guard is null, not empty, until Docker has listed the containers', () => {
  let isComplete = false;
  let network: DockerNetwork | null = null;
  const guard = portGuardComponent(createPortGuard({ ...deps, processId: () => null, bindingsFile: '/dev/null' }), {
    network: () => network,
    isComplete: () => isComplete,
  });
  const view = viewWith([withMac, container('stopped', 'shop/web', '10.42.1.3', { state: 'stopped' })]);
  network = OWN;
  expect(guard.desired(view)).toBeNull();
  isComplete = true;
  network = null;
  expect(guard.desired(view)).toBeNull();
  network = OWN;
  const desired = guard.desired(view);
  expect(desired).toEqual({
    device: 'drover1',
    containers: [{ id: 'web', ipv4: '10.42.1.2', mac: '02:42:0a:2a:01:02' }],
  });
  expect(guard.desired(view)).toBe(desired);
  network = { ...OWN, id: 'another network' };
  expect(guard.desired(view)).toMatchObject({ containers: [] });
});

test('desired() of the port guard has the containers with processes, an address on the network and a MAC address', () => {
  const guard = portGuardComponent(createPortGuard({ ...deps, processId: () => null, bindingsFile: '/dev/null' }), {
    network: () => OWN,
    isComplete: () => true,
  });
  const states = ['created', 'starting', 'running', 'paused', 'restarting', 'stopping', 'stopped'] as const;
  const view = viewWith([
    ...states.map((state) => ({ ...withMac, id: state, state })),
    { ...web, id: 'without MAC address' },
    { ...withMac, id: 'without address', addresses: [{ ...withMac.addresses[0], ipv4: null }] as typeof web.addresses },
  ]);
  const desired = guard.desired(view);
  const ids = desired === null || desired === 'off' ? [] : desired.containers.map(({ id }) => id);
  expect(ids).toEqual(['running', 'paused', 'stopping']);
});

test('desired() of the managed network is the settings while Docker is connected; it is read often until it is found', () => {
  let isConnected = false;
  let isFound = false;
  const settings = {
    hostId: 'a',
    name: 'drover',
    device: 'drover1',
    mtu: 1500,
    configured: { ranges: ['10.42.0.0/16'], prefixLength: 24 },
  };
  const applier = {} as Parameters<typeof managedNetworkComponent>[0];
  const sources = { isConnected: () => isConnected, isFound: () => isFound };
  const { desired, intervalMs } = managedNetworkComponent(applier, () => settings, sources);
  expect(desired(viewWith([]))).toBeNull();
  isConnected = true;
  expect(desired(viewWith([]))).toBe(settings);
  const interval = () => (typeof intervalMs === 'function' ? intervalMs() : intervalMs);
  expect(interval()).toBe(1_000);
  isFound = true;
  expect(interval()).toBe(30_000);
});

test('desired() of the port guard is null while this host has no facts', () => {
  const guard = portGuardComponent(createPortGuard({ ...deps, processId: () => null, bindingsFile: '/dev/null' }), {
    network: () => OWN,
    isComplete: () => true,
  });
  expect(guard.desired(viewOf(snapshot({ hosts: [] }), 'a'))).toBeNull();
});

test('desired() of a port guard that is switched off removes what an earlier run made', () => {
  const guard = createPortGuard({ ...deps, processId: () => null, bindingsFile: '/dev/null' });
  expect(portGuardComponent(guard, 'off').desired(viewWith([]))).toBe('off');
});
