import { expect, test } from 'vitest';
import { createOverlayState } from '../../../agent/overlay/overlay-state.ts';
import type { HostOverlay, JsonValue, OverlayChoice, Snapshot } from '../../../model/index.ts';
import { acceptPeers, createDirect, createVxlan, NO_PEERS, type Reach } from '../../../overlay/index.ts';
import { viewOf } from '../../../view/index.ts';
import { host, snapshot } from '../../view/world.ts';

const HOSTS = 1_000;
/** About ten times what it takes. Comparing each host with each other one would take longer. */
const MOST_MS = { all: 600, one: 400 };
const CHOICE: OverlayChoice = { setting: 'vxlan', backend: 'vxlan', reason: '', generation: 1, keysSinceMs: 0 };
const VXLAN = { backend: 'vxlan', slot: 0, generation: 0, port: 4789, publicKey: null } as const;

const idOf = (n: number): string => `host-${String(n).padStart(4, '0')}`;
const subnetOf = (n: number): string => `10.${40 + (n >> 8)}.${n & 255}.0/24`;
const addressOf = (n: number): string => `198.18.${n >> 8}.${n & 255}`;

function overlayOf(n: number, changes: Partial<HostOverlay> = {}): HostOverlay {
  const abilities = [{ backend: 'vxlan', means: 'kernel', lacks: '' } as const];
  const addresses = [addressOf(n)];
  return { abilities, ends: [VXLAN], uses: 1, addresses, publicAddress: null, underlayMtu: 1500, ...changes };
}

function world(): Snapshot {
  const numbers = Array.from({ length: HOSTS }, (_, n) => n);
  const hosts = numbers.map((n) => host(idOf(n), { subnets: [subnetOf(n)], address: addressOf(n) }));
  const facts = Object.fromEntries(numbers.map((n) => [idOf(n), { overlay: overlayOf(n) as unknown as JsonValue }]));
  return { ...snapshot({ hosts, containers: [], facts }), overlay: CHOICE };
}

/** The state of the first of the hosts. */
function stateOf(first: HostOverlay = overlayOf(0)) {
  const backends = [createDirect(), createVxlan({ run: () => Promise.reject(new Error('not in this test')) })];
  const reach = ({ host: { address } }: { readonly host: { readonly address: string } }): Reach => ({
    address,
    isSilent: false,
    mtu: null,
  });
  const network = { id: 'n', subnet: subnetOf(0), gateway: '10.40.0.1', device: 'drover1', isOurs: true };
  const state = createOverlayState({
    hostId: idOf(0),
    network: { current: () => network as never },
    address: () => addressOf(0),
    backends,
    reaches: { current: () => reach },
    facts: { get: () => first as unknown as JsonValue, set: () => {} },
    hadSubnet: true,
    onChange: () => {},
  });
  return { state, vxlan: backends[1] as (typeof backends)[number] };
}

/** Processor time, which other programs do not lengthen. */
function timed<Value>(work: () => Value): readonly [Value, number] {
  const begin = process.threadCpuUsage();
  const value = work();
  const { user, system } = process.threadCpuUsage(begin);
  return [value, (user + system) / 1_000];
}

test('Q23: a host plans its tunnels to 1,000 hosts quickly, and plans nothing while nothing changes', () => {
  const { state, vxlan } = stateOf();
  const before = world();
  const all = (facts: Snapshot) => {
    const view = viewOf(facts, idOf(0));
    return { desired: state.desired(view, vxlan), plan: state.plan(view), floor: state.carriers(view) };
  };
  const [first, allMs] = timed(() => all(before));
  expect(first.desired?.peers).toHaveLength(HOSTS - 1);
  expect(first.plan?.routes).toHaveLength(HOSTS - 1);
  expect(first.floor.vxlan?.addresses).toHaveLength(HOSTS - 1);

  // A container of another host changes: its record and its fact `overlay` are the same values.
  const again = all({ ...before, revision: 2, hosts: new Map([...before.hosts].map(([id, one]) => [id, { ...one }])) });
  for (const part of ['desired', 'plan', 'floor'] as const) expect(again[part]).toBe(first[part]);

  const accepted = state.accepted(viewOf(before, idOf(0)));
  const moved = new Map(before.hosts);
  const changed = moved.get(idOf(500)) as NonNullable<ReturnType<typeof moved.get>>;
  moved.set(idOf(500), { ...changed, host: host(idOf(500), { subnets: [subnetOf(500)], address: '203.0.113.5' }) });
  const [next, oneMs] = timed(() => all({ ...before, revision: 3, hosts: moved }));
  const other = state.accepted(viewOf({ ...before, hosts: moved }, idOf(0)));
  expect([...other.peers].filter(([id, peer]) => accepted.peers.get(id) !== peer).map(([id]) => id)).toEqual([
    idOf(500),
  ]);
  expect(next.desired?.peers.find(({ hostId }) => hostId === idOf(500))?.address).toBe('203.0.113.5');
  const earlier = new Set(first.desired?.peers);
  expect(next.desired?.peers.filter((peer) => !earlier.has(peer)).map(({ hostId }) => hostId)).toEqual([idOf(500)]);
  console.log(`1,000 hosts: ${allMs.toFixed(0)} ms, one that changed: ${oneMs.toFixed(0)} ms`);
  expect(allMs).toBeLessThan(MOST_MS.all);
  expect(oneMs).toBeLessThan(MOST_MS.one);
});

test('a host whose agent does not run keeps its tunnel, its route and its place in the floor, and is not probed', () => {
  const { state, vxlan } = stateOf();
  const before = { ...world(), subnets: new Map([[subnetOf(500), idOf(500)]]) };
  const all = (facts: Snapshot) => {
    const view = viewOf(facts, idOf(0));
    return { tunnels: state.desired(view, vxlan), plan: state.plan(view), floor: state.carriers(view) };
  };
  const first = all(before);
  const away = new Map(before.hosts);
  away.delete(idOf(500));
  const next = all({ ...before, revision: 2, hosts: away });
  const kept = ({ tunnels, floor, plan }: typeof first) => [
    tunnels?.peers.map(({ hostId }) => hostId).sort(),
    floor.vxlan?.addresses.toSorted(),
    plan?.routes.length,
  ];
  expect(kept(next)).toEqual(kept(first));
  const probed = (plan: typeof first.plan) => new Set(plan?.probes.map(({ hostId }) => hostId));
  expect([...probed(first.plan).difference(probed(next.plan))]).toEqual([idOf(500)]);
  const gone = all({ ...before, revision: 3, hosts: away, subnets: new Map() });
  expect(gone.tunnels?.peers.map(({ hostId }) => hostId)).not.toContain(idOf(500));
});

test('Q37: of hosts whose subnets overlap, the one that was there first keeps its subnet, and the other one is named', () => {
  const offer = (id: string, ...subnets: string[]) => ({ host: host(id, { subnets }), overlay: null });
  const before = acceptPeers(
    NO_PEERS,
    ['10.47.0.0/24'],
    [offer('m', '10.40.1.0/24'), offer('z', '10.40.2.0/24')],
    new Map(),
  );
  const now = acceptPeers(
    before,
    ['10.47.0.0/24'],
    [
      offer('a', '10.40.1.128/25'),
      offer('b', '10.40.0.0/16'),
      offer('c', '10.47.0.0/16', '10.40.9.0/24'),
      offer('m', '10.40.1.0/24', '10.40.2.0/25'),
      offer('z', '10.40.2.0/24', '10.40.2.0/24'),
    ],
    new Map(),
  );
  expect(Object.fromEntries([...now.peers].map(([id, { subnets }]) => [id, subnets]))).toEqual({
    m: ['10.40.1.0/24'],
    z: ['10.40.2.0/24', '10.40.2.0/24'],
    a: [],
    b: [],
    c: ['10.40.9.0/24'],
  });
  expect(now.problems.map(({ subject, what }) => `${subject} ${what}`)).toEqual([
    'subnet 10.40.2.0/25 of host m (m) overlaps the subnet of host z',
    'subnet 10.40.1.128/25 of host a (a) overlaps the subnet of host m',
    'subnet 10.40.0.0/16 of host b (b) overlaps the subnet of host m',
    'subnet 10.47.0.0/16 of host c (c) overlaps the subnet of this host',
  ]);
});
