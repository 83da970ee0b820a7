import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { IpLink } from '../../../linux/index.ts';
import { formatStep } from '../../../linux/index.ts';
import { formatProblem } from '../../../model/index.ts';
import type { OwnEnd, TunnelPeer } from '../../../overlay/backend/backend.ts';
import { keyIdOf, SHARED_SECRET } from '../../../overlay/ipsec/charon/credential.ts';
import { renderStart, renderStrongswanConf } from '../../../overlay/ipsec/charon/render.ts';
import { defaultIpsecSettings, type IpsecMeans } from '../../../overlay/ipsec/charon/settings.ts';
import type { ObservedCharon, ObservedIpsec } from '../../../overlay/ipsec/observe.ts';
import { formatChange, type IpsecChange, planIpsec } from '../../../overlay/ipsec/plan.ts';
import { parsePortUse, portTaken } from '../../../overlay/ipsec/ports.ts';
import { resolvePeers } from '../../../overlay/ipsec/tunnels/connection.ts';
import { reasonOf } from '../../../overlay/ipsec/tunnels/failure-reasons.ts';

const newKey = (kind: 'ed25519' | 'x25519' = 'ed25519') =>
  (kind === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('x25519')).publicKey
    .export({ format: 'der', type: 'spki' })
    .toString('base64');
const settings = { ...defaultIpsecSettings, runDir: '/run/drover/ipsec', keyFile: '/k' };
const ownKey = newKey();
const own: OwnEnd = { hostId: 'm', subnet: '10.42.1.0/24', gateway: '10.42.1.1', address: '192.0.2.1', mtu: 1372 };
const peer = (hostId: string, n: number, changes: Partial<TunnelPeer> = {}): TunnelPeer => ({
  hostId,
  address: `192.0.2.${n}`,
  port: 4500,
  publicKey: keys[n % keys.length] ?? '',
  subnets: [`10.42.${n}.0/24`],
  isSilent: false,
  ...changes,
});
const keys = Array.from({ length: 5 }, () => newKey());
const addr_info = [{ family: 'inet', local: '10.42.1.0', prefixlen: 32 }];
const link = { ifname: 'ipsec0', mtu: 1372, flags: ['UP'], addr_info } as IpLink;
const netconf = {
  interface: 'ipsec0',
  family: 'inet',
  rp_filter: 'loose',
  forwarding: true,
} as ObservedCharon['netconf'];
const observed = (changes: Partial<ObservedCharon> = {}): ObservedIpsec => ({
  exists: true,
  obstacle: null,
  failures: [],
  charon: {
    means: 'kernel-libipsec',
    credential: { publicKey: ownKey, id: keyIdOf(ownKey) },
    keys: [keyIdOf(ownKey)],
    connections: new Map(),
    link,
    netconf,
    ...changes,
  },
});
const childOf = (one: TunnelPeer, means: IpsecMeans = 'kernel-libipsec') =>
  resolvePeers(settings, means, own, ownKey, [one]).connections.get(one.hostId)?.child ?? '';
const lines = (changes: readonly IpsecChange[]) => changes.map((change) => formatChange(change, formatStep));
const [b, c] = [peer('b', 2), peer('c', 3)];

test('planIpsec() loads new and changed peers, then removes those that are gone', () => {
  const connections = new Map([
    ['b', childOf(b)],
    ['c', 'other'],
    ['gone', 'x'],
  ]);
  const { changes, problems } = planIpsec(settings, { own, peers: [b, c] }, observed({ connections }));
  expect(problems).toEqual([]);
  expect(lines(changes)).toEqual([
    `load into charon: c (${childOf(c)})`,
    'remove from charon, and end its tunnels: gone',
  ]);
});

test('planIpsec() sets up a charon that has just started, and drops keys that are not ours any more', () => {
  const started = observed({ keys: ['0ld'], link: { ...link, mtu: 1400, addr_info: [] } as IpLink, netconf: null });
  expect(lines(planIpsec(settings, { own, peers: [b] }, started).changes)).toEqual([
    'ip -force -batch - { link set ipsec0 mtu 1372 up }',
    'ip -force -batch - { address add 10.42.1.0/32 dev ipsec0 }',
    'sysctl --write net.ipv4.conf.ipsec0.rp_filter=2 net.ipv4.conf.ipsec0.forwarding=1',
    `load key ${keyIdOf(ownKey)} into charon`,
    `load into charon: b (${childOf(b)})`,
    'remove key 0ld from charon',
  ]);
});

test('planIpsec() never gives a libipsec device more than 1400 bytes', () => {
  const plan = planIpsec(settings, { own: { ...own, mtu: 8900 }, peers: [] }, observed());
  expect(lines(plan.changes)).toEqual(['ip -force -batch - { link set ipsec0 mtu 1400 up }']);
});

test('planIpsec() with kernel ESP makes the device itself', () => {
  const kernel = observed({ means: 'kernel', link: null, netconf: null });
  expect(lines(planIpsec(settings, { own: { ...own, mtu: 8900 }, peers: [] }, kernel).changes)).toEqual([
    'ip -force -batch - { link add drover-ipsec type xfrm if_id 1042; link set drover-ipsec mtu 8900 up }',
    'ip -force -batch - { address add 10.42.1.0/32 dev drover-ipsec }',
    'sysctl --write net.ipv4.conf.drover-ipsec.rp_filter=2 net.ipv4.conf.drover-ipsec.forwarding=1',
  ]);
});

test('planIpsec() names what is in the way, and removes what is there without an own end', () => {
  const obstacle = { subject: 'UDP port 4500', what: 'is used', hint: 'stop it' };
  const blocked: ObservedIpsec = { exists: true, charon: null, obstacle, failures: [] };
  expect(planIpsec(settings, { own, peers: [b] }, blocked)).toEqual({ changes: [], problems: [obstacle] });
  expect(planIpsec(settings, { own: null, peers: [] }, blocked).changes).toEqual([{ kind: 'remove' }]);
  expect(planIpsec(settings, { own: null, peers: [] }, { ...blocked, exists: false }).changes).toEqual([]);
});

test('the connection says exactly one cipher suite, both keys, and the subnets; kernel ESP differs in the CHILD_SA only', () => {
  const of = (means: IpsecMeans) => resolvePeers(settings, means, own, ownKey, [b]).connections.get('b')?.settings;
  const child = {
    local_ts: ['10.42.1.0/24'],
    remote_ts: ['10.42.2.0/24'],
    esp_proposals: ['aes256gcm16-curve25519'],
    mode: 'tunnel',
    rekey_time: '3600s',
    dpd_action: 'clear',
    close_action: 'none',
  };
  const connection = {
    version: '2',
    remote_addrs: ['192.0.2.2', '0.0.0.0/0', '::/0'],
    local_port: '4500',
    remote_port: '4500',
    proposals: ['aes256gcm16-prfsha256-curve25519'],
    encap: 'yes',
    mobike: 'no',
    unique: 'replace',
    keyingtries: '1',
    dpd_delay: '5s',
    rekey_time: '14400s',
    reauth_time: '0s',
    local: {
      auth: 'pubkey',
      id: 'fqdn:m.drover',
      pubkeys: [`-----BEGIN PUBLIC KEY-----\n${ownKey}\n-----END PUBLIC KEY-----\n`],
    },
    remote: {
      auth: 'pubkey',
      id: 'fqdn:b.drover',
      pubkeys: [`-----BEGIN PUBLIC KEY-----\n${b.publicKey}\n-----END PUBLIC KEY-----\n`],
    },
  };
  expect(of('kernel-libipsec')).toEqual({
    ...connection,
    children: { [childOf(b)]: { ...child, start_action: 'none' } },
  });
  expect(of('kernel')).toEqual({
    ...connection,
    children: {
      [childOf(b, 'kernel')]: { ...child, start_action: 'trap', if_id_in: '1042', if_id_out: '1042', inactivity: '1h' },
    },
  });
});

test('the name of a CHILD_SA changes with everything that matters, and with nothing else', () => {
  const changed = [
    childOf(peer('b', 2, { address: '192.0.2.9' })),
    childOf(peer('b', 2, { port: 4501 })),
    childOf(peer('b', 2, { publicKey: newKey() })),
    childOf(peer('b', 2, { subnets: ['10.42.2.0/24', '10.42.9.0/24'] })),
    resolvePeers(settings, 'kernel-libipsec', own, newKey(), [b]).connections.get('b')?.child,
    childOf(b, 'kernel'),
    childOf(b),
  ];
  expect(new Set(changed).size).toBe(changed.length);
  expect(childOf(peer('b', 2, { isSilent: true }))).toBe(childOf(b));
});

test.each<[title: string, peers: readonly TunnelPeer[], accepted: readonly string[], problems: readonly string[]]>([
  [
    'an address that is none',
    [peer('b', 2, { address: 'nowhere' }), c],
    ['c'],
    ['IPsec to host b: its address "nowhere" is not an IP address'],
  ],
  [
    'a subnet that is none',
    [peer('b', 2, { subnets: ['10.42.2.1/24'] }), c],
    ['c'],
    ['IPsec to host b: its subnet "10.42.2.1/24" is not an IPv4 range'],
  ],
  ['no subnet', [peer('b', 2, { subnets: [] }), c], ['c'], ['IPsec to host b: its subnet "" is not an IPv4 range']],
  ['no key', [peer('b', 2, { publicKey: null })], [], ['IPsec to host b: its public key is not an Ed25519 key']],
  [
    'a key of another kind',
    [peer('b', 2, { publicKey: newKey('x25519') })],
    [],
    ['IPsec to host b: its public key is not an Ed25519 key'],
  ],
  [
    'a key with more behind it',
    [peer('b', 2, { publicKey: `${keys[2]}\n-----END PUBLIC KEY-----` })],
    [],
    ['IPsec to host b: its public key is not an Ed25519 key'],
  ],
  [
    'the subnet of this host',
    [peer('b', 1), c],
    ['c'],
    ['IPsec to host b: its subnet 10.42.1.0/24 overlaps 10.42.1.0/24 of this host'],
  ],
  [
    'the subnet of a peer with a lower id',
    [peer('d', 3), c],
    ['c'],
    ['IPsec to host d: its subnet 10.42.3.0/24 overlaps 10.42.3.0/24 of host c'],
  ],
  [
    'a range around other subnets',
    [peer('a', 2), peer('b', 9, { subnets: ['10.42.0.0/16'] }), c],
    ['a', 'c'],
    ['IPsec to host b: its subnet 10.42.0.0/16 overlaps 10.42.1.0/24 of this host'],
  ],
])('a peer with a bad value is named and touches no other one: %s', (_title, peers, accepted, problems) => {
  for (const order of [peers, peers.toReversed()]) {
    const resolved = resolvePeers(settings, 'kernel-libipsec', own, ownKey, order);
    expect([...resolved.connections.keys()].toSorted()).toEqual(accepted);
    expect(resolved.problems.map(formatProblem).map((line) => line.replace(/;.*/, ''))).toEqual(problems);
  }
});

test('after the changes of a plan there is nothing left to plan, in any order of peers', () => {
  const peers = Array.from({ length: 6 }, (_, n) => peer(`h${n}`, n + 2));
  fc.assert(
    fc.property(fc.subarray(peers), fc.shuffledSubarray(peers), (before, after) => {
      const connections = new Map(before.map((one) => [one.hostId, childOf(one)]));
      for (const change of planIpsec(settings, { own, peers: after }, observed({ connections })).changes) {
        if (change.kind === 'load') for (const one of change.connections) connections.set(one.hostId, one.child);
        if (change.kind === 'unload') for (const hostId of change.hostIds) connections.delete(hostId);
      }
      expect(planIpsec(settings, { own, peers: after.toReversed() }, observed({ connections })).changes).toEqual([]);
    }),
  );
});

test('charon gets one port, its own table behind all others, and libipsec only where it carries the packets', () => {
  const text = renderStrongswanConf(settings, 'kernel-libipsec');
  expect(text).toMatch(/port = 0\n {2}port_nat_t = 4500\n/);
  expect(text).toMatch(/routing_table = 10042\n {2}routing_table_prio = 33000\n/);
  expect(text).toContain(' kernel-libipsec kernel-netlink socket-default vici\n');
  expect(renderStrongswanConf(settings, 'kernel')).not.toContain('libipsec');
});

test('renderStart() quotes paths, and names the configuration as charon sees it', () => {
  expect(renderStart({ charon: '/x', runDir: '/run/drover/ipsec' })).toMatch(
    /^export STRONGSWAN_CONF=\/run\/charon\.conf\n/,
  );
  expect(renderStart({ charon: "/opt/it's here/charon", runDir: '/run/a b' })).toContain(
    `sh '/run/a b' '/opt/it'\\''s here/charon'`,
  );
});

test.each<[line: string, own: number | null, problem: RegExp | null]>([
  ['', 7, null],
  ['UNCONN 0 0 0.0.0.0:4500 0.0.0.0:* users:(("charon",pid=7,fd=13))', 7, null],
  [
    'UNCONN 0 0 0.0.0.0:4500 0.0.0.0:* users:(("charon",pid=8,fd=13))',
    7,
    /used by charon \(pid 8\).*; stop the other strongSwan/,
  ],
  ['UNCONN 0 0 [::]:4500 [::]:* users:(("socat",pid=9,fd=5))', null, /used by socat \(pid 9\).*; stop that program/],
  ['UNCONN 0 0 0.0.0.0:4500 0.0.0.0:*', 7, /used by another program, so/],
])('who has the port: %s', (line, pid, expected) => {
  const found = portTaken(4500, parsePortUse(line), pid);
  if (expected === null) expect(found).toBeNull();
  else expect(found && formatProblem(found)).toMatch(expected);
});

test.each([
  ['received AUTHENTICATION_FAILED notify error', 'the other host refuses the key or the secret of this host'],
  [
    "no trusted ED25519 public key found for 'b.drover'",
    'the other host uses another key than the one that it has published',
  ],
  ["tried 1 shared key for 'a.drover' - 'b.drover', but MAC mismatched", 'the hosts have different shared secrets'],
  ['giving up after 4 retransmits', 'the other host does not reply'],
  ['sending packet: from 192.0.2.1[4500]', null],
])('reasonOf(%s)', (line, reason) => {
  expect(reasonOf(line)).toBe(reason);
});

test('a host with a shared secret has connections to those alone that have one too, and the others are named', () => {
  const secret = peer('d', 4, { publicKey: SHARED_SECRET });
  const found = resolvePeers(settings, 'kernel', own, SHARED_SECRET, [b, secret]);
  expect([...found.connections.keys()]).toEqual(['d']);
  expect(found.connections.get('d')?.settings).toMatchObject({
    local: { auth: 'psk', id: 'fqdn:m.drover' },
    remote: { auth: 'psk', id: 'fqdn:d.drover' },
  });
  expect(found.problems.map(formatProblem)).toEqual([
    'IPsec to host b: it uses a key of its own, and this host a shared secret; set `network.ipsecSecretFile` on all hosts, or on none',
  ]);
  const { problems, connections } = resolvePeers(settings, 'kernel', own, ownKey, [b, secret]);
  expect([...connections.keys()]).toEqual(['b']);
  expect(problems.map(({ what }) => what)).toEqual(['it uses a shared secret, and this host a key of its own']);
});

test('planIpsec() starts charon again if somebody has deleted its device', () => {
  const lost = observed({ link: null, netconf: null });
  expect(lines(planIpsec(settings, { own, peers: [b] }, lost).changes)).toEqual([
    'start charon again: its device is gone',
  ]);
});
