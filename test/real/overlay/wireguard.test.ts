import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TunnelPeer } from '../../../overlay/index.ts';
import {
  asPeer,
  connectDirectly,
  routeTo,
  serveEcho,
  serveTransfers,
  startTunnelLoop,
  type TunnelHost,
  type TunnelLoop,
  transfer,
  untilConnected,
  withSubnet,
} from '../../support/overlay/tunnel-host.ts';
import { WG, wireguardOnHost } from '../../support/overlay/wireguard-on-host.ts';
import { poll } from '../../support/poll.ts';
import { createResources } from '../../support/resources.ts';
import { createTestHost } from '../../support/test-host.ts';

// Two hosts, and the WireGuard driver of each as its agent runs it, with a wireguard-go of its own.

const resources = createResources();
let a: TunnelHost;
let b: TunnelHost;
let kept: ReturnType<typeof wireguardOnHost>;
let loopA: TunnelLoop;
let loopB: TunnelLoop;
let atA: TunnelPeer;
let atB: TunnelPeer;

beforeAll(async () => {
  const [one, two] = [await createTestHost(resources, 'wg-a'), await createTestHost(resources, 'wg-b')];
  await connectDirectly(one, two);
  await one.run('ip', ['address', 'add', '192.0.2.1/24', 'dev', 'uplink']);
  await two.run('ip', ['address', 'add', '192.0.2.2/24', 'dev', 'uplink']);
  a = await withSubnet(one, 1, '192.0.2.1');
  b = await withSubnet(two, 2, '192.0.2.2');
  for (const host of [a, b]) {
    // As distributions with a strict default have it.
    await host.run('sysctl', ['-qw', 'net.ipv4.conf.all.rp_filter=1']);
    await serveEcho(host);
    await serveTransfers(host);
  }
  kept = wireguardOnHost(a);
  loopA = startTunnelLoop(resources, a, kept.backend);
  loopB = startTunnelLoop(resources, b, wireguardOnHost(b).backend);
  atA = await asPeer(a, loopA.backend);
  atB = await asPeer(b, loopB.backend);
  await connect();
});
afterAll(() => resources.close());

async function connect(): Promise<void> {
  await Promise.all([loopA.setPeers(atB), loopB.setPeers(atA)]);
  await Promise.all([routeTo(a, b, 'drover-wg0'), routeTo(b, a, 'drover-wg0')]);
  await untilConnected(a, b);
}

/** The routes of a device go with it; `overlay/routing` makes them again. */
async function routesAgain(): Promise<void> {
  await Promise.all([routeTo(a, b, 'drover-wg0'), routeTo(b, a, 'drover-wg0')]);
}

test('Q36: the underlay carries nothing in clear', async () => {
  const file = join(a.dir, 'underlay.pcap');
  const capture = a.start('tcpdump', ['-i', 'uplink', '-w', file, '-U', '--immediate-mode']);
  await poll(() => capture.output().includes('listening on'), { what: 'tcpdump', giveUp: capture.assertRunning });
  const send = (text: string, address: string) =>
    a.run('bash', ['-c', `for n in 1 2 3; do echo "$0" > /dev/udp/${address}/9999; done`, text]);
  const captured = async (text: string) => (await readFile(file)).includes(text);
  await send('marker-in-tunnel', b.own.gateway);
  await untilConnected(a, b);
  // The control: what is sent in clear after it is captured.
  await send('marker-in-clear', b.own.address);
  await poll(() => captured('marker-in-clear'), { what: 'the marker in clear' });
  await capture.stop();
  expect(await captured('marker-in-tunnel')).toBe(false);
  const packets = await a.run('tcpdump', ['-nr', file, 'udp port 51820']);
  expect(packets).toContain('192.0.2.1.51820 > 192.0.2.2.51820');
});

test('Q24: wireguard-go that is killed is back within 5 s', async () => {
  const pid = await poll(() => kept.child.pid(), { what: 'the process of wireguard-go' });
  process.kill(pid, 'SIGKILL');
  const start = performance.now();
  await poll(() => (kept.child.pid() ?? pid) !== pid, { what: 'another process' });
  await poll(() => routesAgain().then(() => true), { what: 'the device' });
  await untilConnected(a, b);
  expect(performance.now() - start).toBeLessThan(5_000);
});

test('an agent that starts again adopts wireguard-go, and no packet is lost meanwhile', async () => {
  const pid = await poll(() => kept.child.pid(), { what: 'the process of wireguard-go' });
  const stream = transfer(a, b, ['--udp', '--bandwidth', '1M', '--length', '200', '--time', '3']);
  await loopA.leave();
  kept = wireguardOnHost(a);
  loopA = startTunnelLoop(resources, a, kept.backend);
  await loopA.setPeers(atB);
  expect(await poll(() => kept.child.pid(), { what: 'the adopted process' })).toBe(pid);
  expect(await stream).toMatchObject({ lostPackets: 0 });
});

test('a renewed key is used when the other host knows it, and the old key is not accepted', async () => {
  await loopA.backend.renewKey();
  const renewed = { ...atA, publicKey: await loopA.backend.publicKey() };
  expect(renewed.publicKey).not.toBe(atA.publicKey);
  atA = renewed;
  loopA.recheck();
  await loopB.setPeers(atA);
  await untilConnected(a, b);
  expect(await b.run(WG, ['show', 'drover-wg0', 'peers'])).toBe(atA.publicKey);
});

test('a host whose port changes is followed', async () => {
  await loopA.leave();
  const port = 51_999;
  loopA = startTunnelLoop(resources, a, wireguardOnHost(a, 0, { port }).backend);
  atA = { ...atA, port };
  await connect();
  expect(await a.run(WG, ['show', 'drover-wg0', 'listen-port'])).toBe(`${port}`);
  expect(await b.run(WG, ['show', 'drover-wg0', 'endpoints'])).toContain('192.0.2.1:51999');
});

test('Q34: a port that another program has is named, and the tunnel stays', async () => {
  const script = "require('dgram').createSocket('udp4').bind(52000, () => console.log('bound'))";
  const other = a.start(process.execPath, ['-e', script]);
  await poll(() => other.stdout().includes('bound'), { what: 'the other program', giveUp: other.assertRunning });
  const { backend } = wireguardOnHost(a, 0, { port: 52_000 });
  const desired = { own: a.own, peers: [atB] };
  const { signal } = new AbortController();
  const { changes } = backend.applier.plan(desired, await backend.applier.observe(desired, signal));
  const applied = Promise.all(changes.map((change) => backend.applier.apply(change, signal)));
  await expect(applied).rejects.toThrow('UDP port 52000 is in use by another program');
  await poll(async () => (await a.run(WG, ['show', 'drover-wg0', 'listen-port'])) === '51999', { what: 'the port' });
  await untilConnected(a, b);
});

test.each([1280, 1500, 9000])(
  'Q19: 10 MB and datagrams of 8 kB pass both ways on an underlay of MTU %i',
  async (mtu) => {
    for (const [host, loop] of [
      [a, loopA],
      [b, loopB],
    ] as const) {
      await host.run('ip', ['link', 'set', 'uplink', 'mtu', `${mtu}`]);
      loop.setOwn({ mtu: mtu - loop.backend.overheadBytes[4] });
    }
    await Promise.all([loopA.setPeers(atB), loopB.setPeers(atA)]);
    for (const direction of [[], ['--reverse']]) {
      // iperf3 ends before it has read the last ones.
      const stream = await transfer(a, b, ['--bytes', '20M', ...direction]);
      expect(stream.bytes).toBeGreaterThanOrEqual(10 << 20);
      const datagrams = ['--udp', '--length', '8192', '--bandwidth', '10M', '--bytes', '400K', ...direction];
      const udp = await transfer(a, b, datagrams);
      // iperf3 sends some more before it has read the clock.
      expect(udp.packets).toBeGreaterThanOrEqual(50);
      expect(udp.lostPackets).toBe(0);
    }
  },
);

test('two slots stand side by side, and no packet is lost while the routes move from one to the other', async () => {
  const slots = [
    { host: a, loop: startTunnelLoop(resources, a, wireguardOnHost(a, 1).backend) },
    { host: b, loop: startTunnelLoop(resources, b, wireguardOnHost(b, 1).backend) },
  ] as const;
  const [peerA, peerB] = [await asPeer(a, slots[0].loop.backend), await asPeer(b, slots[1].loop.backend)];
  await Promise.all([slots[0].loop.setPeers(peerB), slots[1].loop.setPeers(peerA)]);
  await serveTransfers(b, 5202);
  const rate = ['--bandwidth', '1M', '--length', '500', '--time', '5'];
  const streams = [transfer(a, b, ['--udp', ...rate]), transfer(a, b, ['--udp', ...rate, '--reverse'], 5202)];
  const received = async ({ run }: TunnelHost, device: string): Promise<number> =>
    Number((await run(WG, ['show', device, 'transfer'])).split('\t')[1]);
  const more = async (host: TunnelHost, device: string): Promise<void> => {
    const before = await received(host, device);
    await poll(async () => (await received(host, device)) > before + 50_000, { what: `packets on ${device}` });
  };
  await more(a, 'drover-wg0');
  // One host sends through the one device while the other host sends through the other one.
  await routeTo(a, b, 'drover-wg1');
  await Promise.all([more(b, 'drover-wg1'), more(a, 'drover-wg0')]);
  await routeTo(b, a, 'drover-wg1');
  await more(a, 'drover-wg1');
  for (const stream of await Promise.all(streams)) {
    expect(stream.packets).toBeGreaterThan(1_000);
    expect(stream.lostPackets).toBe(0);
  }
});
