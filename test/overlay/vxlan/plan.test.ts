import { expect, test } from 'vitest';
import type { IpLink } from '../../../linux/ip-json.ts';
import { formatStep } from '../../../linux/step.ts';
import type { OwnEnd, TunnelPeer } from '../../../overlay/backend/backend.ts';
import type { ObservedVxlan } from '../../../overlay/vxlan/observe.ts';
import { planVxlan, planVxlanRemoval } from '../../../overlay/vxlan/plan.ts';
import { defaultVxlanSettings as settings } from '../../../overlay/vxlan/settings.ts';

const own: OwnEnd = { hostId: 'a', subnet: '10.42.1.0/24', gateway: '10.42.1.1', address: '192.0.2.1', mtu: 1450 };
const peer = (hostId: string, address: string, subnet: string, port: number | null = 4789): TunnelPeer => ({
  hostId,
  address,
  port,
  publicKey: null,
  subnets: [subnet],
  isSilent: false,
});
const b = peer('b', '192.0.2.2', '10.42.2.0/24');
const c = peer('c', '192.0.2.3', '10.42.3.0/24', 4790);
const device: IpLink = {
  ifname: 'drover-vx',
  address: '0e:00:0a:2a:01:00',
  mtu: 1450,
  flags: ['UP'],
  addr_info: [{ family: 'inet', local: '10.42.1.0', prefixlen: 32 }],
  linkinfo: { info_kind: 'vxlan', info_data: { id: 1042, port: 4789, learning: false } },
};
const vxlan = (data: object, rest: Partial<IpLink> = {}): IpLink => ({
  ...device,
  ...rest,
  linkinfo: { info_kind: 'vxlan', info_data: { id: 1042, port: 4789, learning: false, ...data } },
});
const nothing: ObservedVxlan = {
  link: null,
  others: [],
  netconf: null,
  forwarding: [],
  neighbours: new Map(),
};
const netconf = { family: 'inet', interface: 'drover-vx', rp_filter: 'loose', forwarding: true };
const standing: ObservedVxlan = {
  ...nothing,
  link: device,
  netconf,
  forwarding: [
    { mac: '0e:00:0a:2a:02:00', destination: '192.0.2.2' },
    { mac: '0e:00:0a:2a:03:00', destination: '192.0.2.3 port 4790' },
  ],
  neighbours: new Map([
    ['10.42.2.0', '0e:00:0a:2a:02:00'],
    ['10.42.3.0', '0e:00:0a:2a:03:00'],
  ]),
};
const run = (observed: ObservedVxlan, peers = [b, c], end: OwnEnd | null = own) => {
  const { changes, problems } = planVxlan(settings, { own: end, peers }, observed);
  return { lines: changes.map(formatStep), problems: problems.map(({ subject, what }) => `${subject}: ${what}`) };
};

test('plan() makes the device and then all entries of a kind in one step', () => {
  expect(run(nothing)).toEqual({
    lines: [
      'ip -force -batch - { link add drover-vx type vxlan id 1042 dstport 4789 noudpcsum nolearning; link set drover-vx addrgenmode none; link set drover-vx address 0e:00:0a:2a:01:00 mtu 1450 up }',
      'ip -force -batch - { address add 10.42.1.0/32 dev drover-vx }',
      'sysctl --write net.ipv4.conf.drover-vx.rp_filter=2 net.ipv4.conf.drover-vx.forwarding=1',
      'bridge -force -batch - { fdb replace 0e:00:0a:2a:02:00 dev drover-vx dst 192.0.2.2; fdb replace 0e:00:0a:2a:03:00 dev drover-vx dst 192.0.2.3 port 4790 }',
      'ip -force -batch - { neighbour replace 10.42.2.0 lladdr 0e:00:0a:2a:02:00 dev drover-vx nud permanent; neighbour replace 10.42.3.0 lladdr 0e:00:0a:2a:03:00 dev drover-vx nud permanent }',
    ],
    problems: [],
  });
  expect(run(standing)).toEqual({ lines: [], problems: [] });
  expect(run(standing, [c, b])).toEqual({ lines: [], problems: [] });
});

test('Q39: plan() touches only the entries of the peer that changed', () => {
  const moved = peer('b', '192.0.2.22', '10.42.2.0/24');
  expect(run(standing, [moved, c]).lines).toEqual([
    'bridge -force -batch - { fdb replace 0e:00:0a:2a:02:00 dev drover-vx dst 192.0.2.22 }',
  ]);
  expect(run(standing, [b]).lines).toEqual([
    'bridge -force -batch - { fdb delete 0e:00:0a:2a:03:00 dev drover-vx dst 192.0.2.3 port 4790 }',
    'ip -force -batch - { neighbour delete 10.42.3.0 dev drover-vx }',
  ]);
});

test.each<[string, IpLink, RegExp, number]>([
  ['another port', vxlan({ port: 8472 }), /link delete drover-vx; link add/, 5],
  ['learning', vxlan({ learning: true }), /link delete drover-vx; link add/, 5],
  ['a fixed source address', vxlan({ local: '192.0.2.1' }), /link delete drover-vx; link add/, 5],
  ['another MTU', vxlan({}, { mtu: 1400 }), /^ip -force -batch - { link set drover-vx mtu 1450 }$/, 1],
  // The kernel forgets all neighbours then.
  ['another MAC address', vxlan({}, { address: '0e:00:00:00:00:01' }), /set drover-vx address 0e:00:0a:2a:01:00 }$/, 2],
  ['a device that is down', vxlan({}, { flags: [] }), /set drover-vx up }$/, 2],
])('plan() repairs a device with %s', (_case, link, first, steps) => {
  const { lines } = run({ ...standing, link });
  expect(lines[0]).toMatch(first);
  expect(lines).toHaveLength(steps);
});

test('Q37: plan() names the port if the device could not be started', () => {
  expect(run({ ...standing, link: vxlan({}, { flags: [] }) }).problems).toEqual([
    'device drover-vx: is down: somebody has stopped it, or another program has UDP port 4789',
  ]);
});

test('plan() makes a device of the family of the underlay', () => {
  const six = { ...own, address: '2001:db8::1' };
  const { lines } = run(standing, [peer('b', '2001:db8::2', '10.42.2.0/24')], six);
  expect(lines[0]).toContain(
    'link delete drover-vx; link add drover-vx type vxlan id 1042 dstport 4789 local 2001:db8::1',
  );
  expect(lines[3]).toContain('fdb replace 0e:00:0a:2a:02:00 dev drover-vx dst 2001:db8::2 }');
});

test('Q37: plan() does not change what is not ours, and names it', () => {
  const bridge: IpLink = { ifname: 'drover-vx', linkinfo: { info_kind: 'bridge' } };
  const cases: [Partial<ObservedVxlan>, string][] = [
    [{ link: bridge }, 'device drover-vx: exists and was not made by Drover: it is a bridge'],
    [
      { link: vxlan({ id: 7 }) },
      'device drover-vx: exists and was not made by Drover: it is a vxlan with VNI 7, not 1042',
    ],
    [
      { link: null, others: [vxlan({}, { ifname: 'vx-other' })] },
      'device drover-vx: cannot be made: the VXLAN device vx-other has the same VNI 1042 and UDP port 4789',
    ],
  ];
  for (const [observed, problem] of cases) {
    expect(run({ ...standing, ...observed })).toEqual({ lines: [], problems: [problem] });
    expect(planVxlanRemoval(settings, { ...standing, ...observed })).toEqual([]);
  }
  expect(run(standing, [], null).lines).toEqual(['ip link delete drover-vx']);
});

test('Q34: a peer with bad values is one problem, and the others keep their entries', () => {
  const bad = [
    peer('x1', 'rubbish', '10.42.4.0/24'),
    peer('x2', '2001:db8::2', '10.42.5.0/24'),
    peer('x3', '192.0.2.4', 'rubbish'),
    peer('x4', '192.0.2.5', '10.42.2.0/25'),
    peer('x5', '192.0.2.6', '10.42.1.0/24'),
    { ...peer('x6', '192.0.2.7', ''), subnets: [] },
  ];
  const { lines, problems } = run(standing, [...bad, b, c]);
  expect(lines).toEqual([]);
  expect(problems).toEqual([
    'VXLAN to host x1: its address "rubbish" is not an IPv4 address, as this host has',
    'VXLAN to host x2: its address "2001:db8::2" is not an IPv4 address, as this host has',
    'VXLAN to host x3: its subnet "rubbish" is not an IPv4 range',
    'VXLAN to host x4: its subnet 10.42.2.0/25 is the subnet of host b',
    'VXLAN to host x5: its subnet 10.42.1.0/24 is the subnet of this host',
    'VXLAN to host x6: its subnet "" is not an IPv4 range',
  ]);
});
