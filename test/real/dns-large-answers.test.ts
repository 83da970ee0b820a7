import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { container } from '../state/facts.ts';
import { type DnsHost, startDnsHost } from '../support/dns-host.ts';
import { poll } from '../support/poll.ts';
import { buildMuslClients } from '../support/resolver-clients/build.ts';
import { createResources } from '../support/resources.ts';
import { createTestHost, type TestHost } from '../support/test-host.ts';

/**
 * Sets that do not fit into a datagram, on the path that containers use: the service address in its own namespace behind a veth pair,
 * the host's routing with connection tracking, and a bridge with a smaller MTU than the veth pair.
 */
const ADDRESS = '169.254.169.250';
const COUNT = 60;
const NAME = 'web.shop.rancher.internal';
const START = new URL('../../.tools/peers/start', import.meta.url).pathname;

const resources = createResources();
let client: TestHost;
let dns: DnsHost;

beforeAll(async () => {
  const home = await createTestHost(resources, 'home');
  client = await createTestHost(resources, 'client');
  await home.run('sh', ['-ec', NETWORK.replaceAll('CLIENT', String(client.holderPid))]);
  // Everything is local to the client, so that every endpoint accepts connections.
  const clientSide =
    'ip link set eth0 mtu 1450 up; ip addr add 172.30.0.2/16 dev eth0; ip route add default via 172.30.0.1';
  await client.run('sh', ['-ec', `${clientSide}; ip route add local 172.17.0.0/16 dev lo`]);
  const file = join(client.dir, 'resolv.conf');
  await writeFile(file, `nameserver ${ADDRESS}\n`);
  await client.run('mount', ['--bind', file, '/etc/resolv.conf']);
  const enter: TestHost['enter'] = (program, args) =>
    home.enter('nsenter', ['--net=/run/netns/drover', '--', program, ...args]);
  dns = await startDnsHost(resources, { enter, listen: { address: ADDRESS, port: 53 }, batching: 'auto' });
  dns.change(Object.fromEntries(Array.from({ length: COUNT }, (_, n) => endpoint(n))));
  await poll(async () => (await dig('+tcp', '+short')).length === COUNT, { what: 'all endpoints', timeoutMs: 20_000 });
});
afterAll(() => resources.close());

const NETWORK = `ip link set lo up
sysctl -qw net.ipv4.ip_forward=1
ip netns add drover
ip link add drover0 type veth peer name eth0 netns drover
ip addr add 169.254.169.252/32 dev drover0
ip link set drover0 up
ip route add ${ADDRESS}/32 dev drover0 src 169.254.169.252
ip netns exec drover sh -ec 'ip link set lo up; ip link set eth0 up; ip addr add ${ADDRESS}/32 dev eth0; ip route add default via 169.254.169.252 dev eth0 onlink'
ip link add br0 type bridge
ip link add v1 mtu 1450 type veth peer name eth0 netns CLIENT
ip link set v1 master br0 up
ip link set br0 mtu 1450 up
ip addr add 172.30.0.1/16 dev br0
nft 'add table ip test; add chain ip test forward { type filter hook forward priority 0; }; add rule ip test forward ct state established accept'`;

function endpoint(n: number): readonly [string, unknown] {
  const addresses = [{ networkId: 'n1', networkName: 'bridge', ipv4: `172.17.9.${n + 1}`, ipv6: null, mac: null }];
  return [`container/w${n}`, container('a', `w${n}`, { name: `shop-web-${n + 1}`, serviceIndex: n + 1, addresses })];
}

/** The lines of dig's output. */
async function dig(...args: readonly string[]): Promise<readonly string[]> {
  const all = [`@${ADDRESS}`, '+nocookie', '+tries=1', '+time=8', ...args, NAME];
  return (await client.run('dig', all)).trim().split('\n');
}

test('no reply is lost on a bridge with a smaller MTU, not even the first one', async () => {
  const cut = ['+notcp', '+ignore', '+bufsize=1472', '+noall', '+answer', 'SRV'];
  expect((await dig(...cut)).length).toBeGreaterThan(20);
  for (const size of [1_400, 2_000, 4_096, 65_000]) {
    const lines = await dig('+notcp', '+ignore', `+bufsize=${size}`, 'SRV');
    expect(
      lines.some((line) => /flags: qr( aa)?( tc)? rd ra/.test(line)),
      String(size),
    ).toBe(true);
  }
  expect(await dig('+notcp', '+ignore', '+bufsize=8192', '+noall', '+answer', 'SRV')).toHaveLength(COUNT);
});

test('a musl client that never uses TCP meets every endpoint', async () => {
  const clients = join(client.dir, 'clients');
  await mkdir(clients);
  await buildMuslClients(clients, ['connects', 'acceptor']);
  client.start(join(clients, 'acceptor'), ['8080']);
  const connects = async () => {
    const printed = await client.run(join(clients, 'connects'), [NAME, '8080', String(2 * COUNT)]);
    return JSON.parse(printed) as { readonly failed: number; readonly connections: Readonly<Record<string, number>> };
  };
  const met = await poll(async () => ((await connects()).failed === 0 ? await connects() : null), {
    what: 'the acceptor',
  });
  expect(met.failed).toBe(0);
  expect(Object.values(met.connections)).toEqual(Array.from({ length: COUNT }, () => 2));
});

test.each([
  ['SRV', '_8080._tcp.web.shop.rancher.internal'],
  ['A', 'web.shop.rancher.internal:8080'],
])('HAProxy finds all servers of a template by %s', async (type, name) => {
  const socket = join(client.dir, `${type}.sock`);
  const file = join(client.dir, `${type}.cfg`);
  await writeFile(file, haproxy(socket, name));
  const daemon = client.start(START, ['haproxy', '-db', '-f', file]);
  const servers = async () => {
    const connection = connect(socket);
    connection.write('show servers state web\n');
    const state = await text(connection).catch(() => '');
    return new Set([...state.matchAll(/ web\d+ (172\.\S+) /g)].map(([, address]) => address)).size;
  };
  await poll(async () => (await servers()) === COUNT, {
    what: 'all servers',
    timeoutMs: 20_000,
    giveUp: daemon.assertRunning,
  });
});

function haproxy(socket: string, name: string): string {
  return `global
  stats socket ${socket} mode 600 level admin
defaults
  mode tcp
  timeout connect 1s
  timeout client 1s
  timeout server 1s
resolvers drover
  nameserver drover ${ADDRESS}:53
  accepted_payload_size 8192
  hold valid 1s
backend web
  server-template web ${COUNT} ${name} resolvers drover init-addr none
`;
}
