import { expect, test } from 'vitest';
import type { IpLink } from '../../../linux/ip-json.ts';
import type { OwnEnd, TunnelPeer } from '../../../overlay/backend/backend.ts';
import type { ObservedWireguard } from '../../../overlay/wireguard/observe.ts';
import { parseDump, type WireguardPeer, type WireguardStatus } from '../../../overlay/wireguard/parse-dump.ts';
import { formatChange, planWireguard } from '../../../overlay/wireguard/plan.ts';
import { defaultWireguardSettings } from '../../../overlay/wireguard/settings.ts';
import { trafficOf } from '../../../overlay/wireguard/traffic.ts';

const settings = { ...defaultWireguardSettings(0), keyFile: '/data/overlay/wireguard-0.key' };
const own: OwnEnd = { hostId: 'a', subnet: '10.42.1.0/24', gateway: '10.42.1.1', address: '192.0.2.1', mtu: 1420 };
/** A key that a reader recognizes. */
const key = (name: string) => `${name.padEnd(43, 'A')}=`;
const peer = (hostId: string, n: number, changes: Partial<TunnelPeer> = {}): TunnelPeer => ({
  hostId,
  address: `192.0.2.${n}`,
  port: 51_820,
  publicKey: key(hostId),
  subnets: [`10.42.${n}.0/24`],
  isSilent: false,
  ...changes,
});
const b = peer('b', 2);
const c = peer('c', 3, { address: '2001:db8::3' });

const addr_info = [{ family: 'inet', local: '10.42.1.0', prefixlen: 32 }];
const link: IpLink = { ifname: 'drover-wg0', mtu: 1420, flags: ['UP'], linkinfo: { info_kind: 'tun' }, addr_info };
const netconf = { family: 'inet', interface: 'drover-wg0', rp_filter: 'loose', forwarding: true };
const standing = (n: number, endpoint: string | null, changes: Partial<WireguardPeer> = {}): WireguardPeer => ({
  endpoint,
  allowedIps: [`10.42.${n}.0/24`],
  handshakeAt: 0,
  receivedBytes: 0,
  sentBytes: 0,
  keepalive: 25,
  ...changes,
});
const status: WireguardStatus = {
  publicKey: key('a'),
  port: 51_820,
  peers: new Map([
    [key('b'), standing(2, '192.0.2.2:51820')],
    [key('c'), standing(3, '[2001:db8::3]:51820')],
  ]),
};
const settled: ObservedWireguard = {
  link,
  netconf,
  status,
  publicKey: key('a'),
  keyProblem: null,
  isKept: true,
  programProblem: null,
  ability: null,
  memory: new Map(),
};
const able = (means: string) => ({ backend: 'wireguard' as const, means, lacks: '' });
const nothing = { ...settled, link: null, netconf: null, status: null, isKept: false, ability: able('wireguard-go') };
const withPeer = (name: string, one: WireguardPeer, memory: ObservedWireguard['memory'] = new Map()) => ({
  ...settled,
  status: { ...status, peers: new Map([...status.peers, [key(name), one]]) },
  memory,
});

function plan(observed: ObservedWireguard, peers: readonly TunnelPeer[] = [b, c], end: OwnEnd | null = own) {
  const { changes, problems } = planWireguard(settings, { own: end, peers }, observed);
  return {
    lines: changes.map((change) => formatChange(settings, change).replaceAll(/A{20,}/g, '')),
    problems: problems.map(({ subject, what }) => `${subject}: ${what}`.replaceAll(/A{20,}/g, '')),
  };
}

const DEVICE = [
  'wg set drover-wg0 private-key /data/overlay/wireguard-0.key',
  'wg set drover-wg0 listen-port 51820',
  'ip -force -batch - { address add 10.42.1.0/32 dev drover-wg0 }',
  'sysctl --write net.ipv4.conf.drover-wg0.rp_filter=2 net.ipv4.conf.drover-wg0.forwarding=1',
  'ip link set dev drover-wg0 mtu 1420 up',
];

test('plan() starts wireguard-go, or makes a device of the kernel, and then sets all peers in one command', () => {
  const peers = `wg set drover-wg0 peer ${'b'}= endpoint 192.0.2.2:51820 persistent-keepalive 25 allowed-ips 10.42.2.0/24`;
  const line = `${peers} (and 1 more peers, last c=)`;
  expect(plan(nothing)).toEqual({ lines: ['start wireguard-go for drover-wg0', ...DEVICE, line], problems: [] });
  expect(plan({ ...nothing, ability: able('kernel') }).lines[0]).toBe('ip link add dev drover-wg0 type wireguard');
  const crashed = { ...nothing, ability: able('kernel'), isKept: true };
  expect(plan(crashed).lines[0]).toBe('start wireguard-go for drover-wg0');
  const starting = { ...nothing, link, isKept: true, ability: null };
  expect(plan(starting).lines[0]).toBe('start wireguard-go for drover-wg0');
});

test('plan() has nothing to do if all is there, in any order of the peers', () => {
  expect(plan(settled)).toEqual({ lines: [], problems: [] });
  expect(plan(settled, [c, b])).toEqual({ lines: [], problems: [] });
  const inKernel = { ...settled, link: { ...link, linkinfo: { info_kind: 'wireguard' } }, isKept: false };
  expect(plan(inKernel)).toEqual({ lines: [], problems: [] });
});

test('plan() with many peers makes few commands', () => {
  const many = Array.from({ length: 1000 }, (_, n) =>
    peer(`h${n}`, 0, {
      publicKey: Buffer.alloc(32, `key ${n} `).toString('base64'),
      subnets: [`10.${n >> 8}.${n & 255}.0/24`],
    }),
  );
  expect(plan(nothing, many).lines).toHaveLength(1 + DEVICE.length + 4);
  expect(new Set(plan(nothing, many).lines).size).toBe(1 + DEVICE.length + 4);
});

const HEALED: readonly (readonly [string, ObservedWireguard, readonly string[]])[] = [
  ['a renewed key', { ...settled, publicKey: key('new') }, [DEVICE[0] ?? '']],
  ['another port', { ...settled, status: { ...status, port: 0 } }, [DEVICE[1] ?? '']],
  ['a strict reverse path filter', { ...settled, netconf: { ...netconf, rp_filter: 'strict' } }, [DEVICE[3] ?? '']],
  ['no address', { ...settled, link: { ...link, addr_info: [] } }, [DEVICE[2] ?? '']],
  ['a device that is down', { ...settled, link: { ...link, flags: [] } }, [DEVICE[4] ?? '']],
  ['another MTU', { ...settled, link: { ...link, mtu: 1280 } }, [DEVICE[4] ?? '']],
  ['a peer too many', withPeer('x', standing(9, null)), ['wg set drover-wg0 peer x= remove']],
  [
    'other addresses of a peer',
    withPeer('b', standing(2, '192.0.2.2:51820', { allowedIps: ['10.42.2.0/24', '10.42.9.0/24'] })),
    ['wg set drover-wg0 peer b= allowed-ips 10.42.2.0/24'],
  ],
  [
    'no keepalive',
    withPeer('b', standing(2, '192.0.2.2:51820', { keepalive: null })),
    ['wg set drover-wg0 peer b= persistent-keepalive 25'],
  ],
  ['no endpoint', withPeer('b', standing(2, null)), ['wg set drover-wg0 peer b= endpoint 192.0.2.2:51820']],
];

test.each(HEALED)('plan() repairs %s, and touches nothing else', (_title, observed, lines) => {
  expect(plan(observed)).toEqual({ lines, problems: [] });
});

test('plan() adds before it removes', () => {
  const renewed = peer('b', 2, { publicKey: key('b2') });
  expect(plan(settled, [renewed, c]).lines).toEqual([
    'wg set drover-wg0 peer b2= endpoint 192.0.2.2:51820 persistent-keepalive 25 allowed-ips 10.42.2.0/24',
    'wg set drover-wg0 peer b= remove',
  ]);
});

test('Q39: plan() follows a host that moves, and leaves an endpoint that WireGuard found, unless the peer is silent', () => {
  const roamed = standing(2, '203.0.113.7:1024');
  const known = new Map([[key('b'), { desired: '192.0.2.2:51820', seen: '203.0.113.7:1024' }]]);
  const set = (endpoint: string) => [`wg set drover-wg0 peer b= endpoint ${endpoint}`];
  expect(plan(withPeer('b', roamed)).lines).toEqual([]);
  expect(plan(withPeer('b', roamed, known)).lines).toEqual([]);
  const moved = { ...b, address: '192.0.2.99' };
  expect(plan(withPeer('b', roamed, known), [moved, c]).lines).toEqual(set('192.0.2.99:51820'));
  expect(plan(withPeer('b', roamed, known), [{ ...b, port: 4500 }, c]).lines).toEqual(set('192.0.2.2:4500'));
  expect(plan(withPeer('b', roamed, known), [{ ...b, isSilent: true }, c]).lines).toEqual(set('192.0.2.2:51820'));
  expect(plan(settled, [{ ...b, isSilent: true }, c]).lines).toEqual([]);
});

test('plan() sets a device that was made again to where the peer was heard', () => {
  const known = new Map([[key('b'), { desired: '192.0.2.2:51820', seen: '203.0.113.7:1024' }]]);
  const again = (one: TunnelPeer) => plan({ ...nothing, memory: known }, [one]).lines.at(-1);
  expect(again(b)).toContain('endpoint 203.0.113.7:1024 ');
  expect(again({ ...b, isSilent: true })).toContain('endpoint 192.0.2.2:51820 ');
  expect(again({ ...b, address: '192.0.2.99' })).toContain('endpoint 192.0.2.99:51820 ');
});

const BAD: readonly (readonly [string, TunnelPeer, string])[] = [
  ['no key', peer('x', 9, { publicKey: null }), 'its public key "" is not a WireGuard key'],
  ['a short key', peer('x', 9, { publicKey: 'AAAA' }), 'its public key "AAAA" is not a WireGuard key'],
  ['a key of zeros', peer('x', 9, { publicKey: key('') }), 'its public key "=" is not a WireGuard key'],
  ['the key of a peer', peer('x', 9, { publicKey: key('b') }), 'its public key is the key of host b'],
  ['our key', peer('x', 9, { publicKey: key('a') }), 'its public key is the key of this host'],
  ['a name', peer('x', 9, { address: 'x.example' }), '"x.example" and UDP port 51820 are not an address and a port'],
  ['no port', peer('x', 9, { port: null }), '"192.0.2.9" and UDP port null are not an address and a port'],
  ['no subnet', peer('x', 9, { subnets: [] }), 'its subnets [] are not IPv4 ranges'],
  ['a bad subnet', peer('x', 9, { subnets: ['rubbish'] }), 'its subnets ["rubbish"] are not IPv4 ranges'],
  ['the subnet of a peer', peer('a2', 2), 'its subnet 10.42.2.0/24 overlaps the subnet of host b'],
  [
    'a part of it',
    peer('a2', 9, { subnets: ['10.42.2.8/29'] }),
    'its subnet 10.42.2.8/29 overlaps the subnet of host b',
  ],
  [
    'an address of the tunnel',
    peer('x', 9, { address: '10.42.2.7' }),
    'its address 10.42.2.7 is in the subnet of host b, so it is not outside of the tunnel',
  ],
  [
    'a range around it',
    peer('x', 9, { subnets: ['10.42.2.0/23'] }),
    'its subnet 10.42.2.0/23 overlaps the subnet of host b',
  ],
  ['our subnet', peer('x', 1), 'its subnet 10.42.1.0/24 overlaps the subnet of this host'],
];

test.each(BAD)('Q34: a peer with %s is one problem, and the others stay', (_title, bad, what) => {
  const found = plan(settled, [bad, b, c]);
  expect(found).toEqual({ lines: [], problems: [`WireGuard to host ${bad.hostId}: ${what}`] });
});

test('plan() goes on with the key of the device if the key file cannot be used', () => {
  const keyProblem = { subject: 'private key', what: 'other users have rights to it', hint: 'run `chmod 600`' };
  expect(plan({ ...settled, publicKey: null, keyProblem }, [b, c, peer('d', 4)])).toEqual({
    lines: ['wg set drover-wg0 peer d= endpoint 192.0.2.4:51820 persistent-keepalive 25 allowed-ips 10.42.4.0/24'],
    problems: ['private key: other users have rights to it'],
  });
});

test('plan() does not touch a device that is not WireGuard, and names what the host lacks', () => {
  const bridge = { ...link, linkinfo: { info_kind: 'bridge' } };
  const foreign = { ...settled, link: bridge, status: null, isKept: false };
  const what = 'exists and was not made by Drover: it is a bridge that is not WireGuard';
  expect(plan(foreign)).toEqual({ lines: [], problems: [`device drover-wg0: ${what}`] });
  expect(plan(foreign, [], null)).toEqual({ lines: [], problems: [] });
  const unable = { backend: 'wireguard' as const, means: null, lacks: 'install it' };
  expect(plan({ ...nothing, ability: unable }).problems).toEqual([
    'device drover-wg0: WireGuard is not possible on this host',
  ]);
});

test('plan() removes what there is if nothing is desired', () => {
  expect(plan(settled, [b], null).lines).toEqual(['remove drover-wg0']);
  expect(plan(nothing, [b], null).lines).toEqual([]);
});

const DUMP = `SECRET\t${key('a')}\t51820\toff
${key('b')}\t(none)\t192.0.2.2:51820\t10.42.9.0/24,10.42.2.0/24\t1700000000\t10\t20\t25
${key('c')}\t(none)\t(none)\t(none)\t0\t0\t0\toff`;

test('parseDump() reads all but the private keys, and traffic() has the age of the keys', () => {
  const parsed = parseDump(DUMP);
  expect(parsed.peers.get(key('b'))).toEqual({
    endpoint: '192.0.2.2:51820',
    allowedIps: ['10.42.2.0/24', '10.42.9.0/24'],
    handshakeAt: 1_700_000_000,
    receivedBytes: 10,
    sentBytes: 20,
    keepalive: 25,
  });
  expect(parsed.peers.get(key('c'))).toMatchObject({ endpoint: null, allowedIps: [], keepalive: null });
  expect(JSON.stringify([parsed, ...parsed.peers])).not.toContain('SECRET');
  expect(parseDump('SECRET\t(none)\t0\toff')).toEqual({ publicKey: null, port: 0, peers: new Map() });
  expect(Object.fromEntries(trafficOf([b, c, peer('d', 4)], parsed, 1_700_000_030_500))).toEqual({
    b: { receivedBytes: 10, sentBytes: 20, keyAgeSeconds: 30 },
    c: { receivedBytes: 0, sentBytes: 0, keyAgeSeconds: null },
  });
});
