import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCommand } from '../../../system/index.ts';
import {
  asPeer,
  routeTo,
  serveEcho,
  startTunnelLoop,
  type TunnelHost,
  type TunnelLoop,
  untilConnected,
  withSubnet,
} from '../../support/overlay/tunnel-host.ts';
import { WG, wireguardOnHost } from '../../support/overlay/wireguard-on-host.ts';
import { poll } from '../../support/poll.ts';
import { createResources } from '../../support/resources.ts';
import { createTestHost, type TestHost } from '../../support/test-host.ts';

// Hosts `a` and `b` are in a private network, and a router translates their addresses to its own. Host `c` has a public address, and cannot
// reach the addresses that `a` and `b` publish.

const resources = createResources();
let router: TestHost;
interface Member {
  readonly host: TunnelHost;
  readonly loop: TunnelLoop;
  readonly kept: ReturnType<typeof wireguardOnHost>;
}
const members: Member[] = [];

beforeAll(async () => {
  router = await createTestHost(resources, 'nat');
  const lines = ['link add lan type bridge', 'link set lan up', 'address add 192.168.77.1/24 dev lan'];
  await router.run('ip', ['-batch', '-'], { input: lines.join('\n') });
  await router.run('sysctl', ['-qw', 'net.ipv4.ip_forward=1']);
  const places = [
    { name: 'a', address: '192.168.77.11', gateway: '192.168.77.1', port: ['master', 'lan'] },
    { name: 'b', address: '192.168.77.12', gateway: '192.168.77.1', port: ['master', 'lan'] },
    { name: 'c', address: '198.51.100.2', gateway: null, port: [] },
  ];
  for (const [index, { name, address, gateway, port }] of places.entries()) {
    const host = await createTestHost(resources, `wg-${name}`);
    const ends = (one: TestHost, device: string) => ['name', device, 'netns', `${one.holderPid}`];
    await runCommand('ip', [
      'link',
      'add',
      ...ends(host, 'uplink'),
      'type',
      'veth',
      'peer',
      ...ends(router, `to-${name}`),
    ]);
    await router.run('ip', ['link', 'set', `to-${name}`, ...port, 'up']);
    const more = gateway === null ? [] : [`route add default via ${gateway}`];
    const setUp = [`address add ${address}/24 dev uplink`, 'link set uplink up', ...more];
    await host.run('ip', ['-batch', '-'], { input: setUp.join('\n') });
    const member = await withSubnet(host, index + 1, address);
    await serveEcho(member);
    const kept = wireguardOnHost(member);
    members.push({ host: member, kept, loop: startTunnelLoop(resources, member, kept.backend) });
  }
  await router.run('ip', ['address', 'add', '198.51.100.1/24', 'dev', 'to-c']);
  const rules =
    'table ip nat { chain post { type nat hook postrouting priority srcnat; oifname "to-c" masquerade; }; }';
  await router.run('nft', ['-f', '-'], { input: rules });
});
afterAll(() => resources.close());

async function connectAll(isSilent: boolean): Promise<void> {
  // Host `c` first: a handshake that finds no peer is repeated after 5 s.
  for (const { host, loop } of members.toReversed()) {
    const others = members.filter((one) => one.host !== host);
    await loop.setPeers(...(await Promise.all(others.map((one) => asPeer(one.host, one.kept.backend, { isSilent })))));
    for (const other of others) await routeTo(host, other.host, 'drover-wg0');
  }
}

/** Milliseconds until all hosts reach each other. */
async function allConnected(): Promise<number> {
  const hosts = members.map(({ host }) => host);
  const pairs = hosts.flatMap((one, index) => hosts.slice(index + 1).map((two) => [one, two] as const));
  return Math.max(...(await Promise.all(pairs.map(([one, two]) => untilConnected(one, two)))));
}

/** Where host `c` sends to the others. */
const endpoints = async (): Promise<string> =>
  (await members[2]?.host.run(WG, ['show', 'drover-wg0', 'endpoints'])) ?? '';

test('Q39: two hosts behind one NAT reach a host outside and each other, and are reached', async () => {
  await connectAll(true);
  await allConnected();
  // The probes have arrived.
  await connectAll(false);
  await allConnected();
  expect((await endpoints()).match(/198\.51\.100\.1:/g)).toHaveLength(2);
  // Another pass sees where they are.
  await connectAll(false);
  expect((await endpoints()).match(/198\.51\.100\.1:/g)).toHaveLength(2);
});

test('Q24: the host outside reaches both within 5 s after its wireguard-go was killed', async () => {
  const child = members[2]?.kept.child;
  const pid = await poll(() => child?.pid(), { what: 'the process of wireguard-go' });
  process.kill(pid, 'SIGKILL');
  const start = performance.now();
  await poll(() => (child?.pid() ?? pid) !== pid, { what: 'another process' });
  await poll(() => connectAll(false).then(() => true), { what: 'the device' });
  await allConnected();
  expect(performance.now() - start).toBeLessThan(5_000);
});

test('Q39: both are followed when the address of the NAT changes', async () => {
  await router.run('ip', ['address', 'add', '198.51.100.3/24', 'dev', 'to-c']);
  await router.run('ip', ['address', 'delete', '198.51.100.1/24', 'dev', 'to-c']);
  await router.run('ip', ['address', 'replace', '198.51.100.3/24', 'dev', 'to-c']);
  await allConnected();
  expect((await endpoints()).match(/198\.51\.100\.3:/g)).toHaveLength(2);
});
