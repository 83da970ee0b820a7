import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createFloor } from '../../../overlay/index.ts';
import type { Daemon, DaemonOptions } from '../../support/daemon.ts';
import { type ContainerHost, ipBatch, settle, withContainer } from '../../support/overlay/container-host.ts';
import { poll } from '../../support/poll.ts';
import { createResources } from '../../support/resources.ts';
import { connectHosts, createTestHost, type TestHost } from '../../support/test-host.ts';
import { testLog } from '../../support/test-log.ts';

const ECHO = fileURLToPath(new URL('../../support/source-echo.ts', import.meta.url));
const ASK = fileURLToPath(new URL('../../support/source-ask.ts', import.meta.url));
/** A packet every 5 ms from ADDRESS to HOST:PORT. It goes on when one cannot be sent. */
const SEND = `
const [address, host, port] = process.argv.slice(1);
const socket = require('node:dgram').createSocket('udp4');
socket.on('error', () => {});
socket.bind(0, address, () => setInterval(() => socket.send('in clear', Number(port), host, () => {}), 5));`;
const PATH_MTU = 1280;

const resources = createResources();
let a: ContainerHost;
let b: ContainerHost;
/** A third host: the default gateway of the others, which forwards what it gets, and sends what it likes. */
let third: TestHost;
/** What tcpdump sees of the streams on the uplink of a, and in its container. */
let onWire: Capture;
let inContainer: Capture;
let before: string;

beforeAll(async () => {
  const hosts = [await createTestHost(resources, 'of-a'), await createTestHost(resources, 'of-b')];
  third = await createTestHost(resources, 'of-third');
  const addresses = await connectHosts(resources, [...hosts, third]);
  const [one, two] = hosts as [TestHost, TestHost];
  const router = addresses[2] ?? '';
  a = await withContainer(one, 1, addresses[0] ?? '');
  b = await withContainer(two, 2, addresses[1] ?? '');
  for (const { run } of [a, b]) await run('ip', ['route', 'add', 'default', 'via', router]);
  await third.run('sysctl', ['-w', 'net.ipv4.ip_forward=1', 'net.ipv4.conf.all.send_redirects=0']);
  await ipBatch(third, [
    'address add 10.42.2.2/32 dev lo',
    `route add 10.42.1.0/24 via ${a.own.address}`,
    `route add 10.42.2.0/24 via ${b.own.address}`,
  ]);
  const server = startIn(b, process.execPath, [ECHO, 'b', b.container, 'tcp:80', 'udp:80']);
  await poll(() => server.stdout().includes('ready'), { what: 'echo', giveUp: server.assertRunning });
  onWire = await capture(a, 'uplink', `net 10.42.0.0/16 or (udp port 4789 and host ${router})`);
  inContainer = await capture(a, 'eth0', 'udp port 7777 or udp port 9');
  startIn(a, process.execPath, ['-e', SEND, a.container, b.container, '9']);
  third.start(process.execPath, ['-e', SEND, '10.42.2.2', a.container, '7777']);
  for (const host of [a, b]) await restoreOthers(host);
  before = await listing(a);
});
afterAll(() => resources.close());

function startIn(
  host: ContainerHost,
  program: string,
  options: readonly string[],
  daemonOptions: DaemonOptions = {},
): Daemon {
  const { file, args } = host.inContainer(program, options);
  return host.start(file, args, daemonOptions);
}

interface Capture {
  /** How many packets it has seen whose line has this text. */
  count(text: string): number;
  /** The first line that matches. */
  find(pattern: RegExp): RegExpExecArray | null;
}

/** Of `uplink` on the host, or of `eth0` in its container. It prints far more than a daemon keeps. */
async function capture(host: ContainerHost, device: 'uplink' | 'eth0', filter: string): Promise<Capture> {
  let rest = '';
  const lines: string[] = [];
  const counted = new Map<string, { readonly upTo: number; readonly found: number }>();
  const onStdout = (text: string): void => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
  };
  const options = ['--immediate-mode', '-l', '-n', '-i', device, filter];
  const daemon =
    device === 'eth0' ? startIn(host, 'tcpdump', options, { onStdout }) : host.start('tcpdump', options, { onStdout });
  const what = `capture on ${device}`;
  await poll(() => daemon.output().includes('listening on'), { what, giveUp: daemon.assertRunning });
  return {
    count: (text) => {
      const { upTo, found } = counted.get(text) ?? { upTo: 0, found: 0 };
      const total = found + lines.slice(upTo).filter((line) => line.includes(text)).length;
      counted.set(text, { upTo: lines.length, found: total });
      return total;
    },
    find: (pattern) => pattern.exec(lines.join('\n')),
  };
}

async function connectBoth(): Promise<void> {
  await a.connect(b, PATH_MTU);
  await b.connect(a, PATH_MTU);
}

/** From container to container, TCP and UDP, with the container's own address. */
async function flows(): Promise<void> {
  const options = [ASK, '300', `tcp:${b.container}:80`, `udp:${b.container}:80`];
  const { file, args } = a.inContainer(process.execPath, options);
  const sees = `b sees ${a.container}`;
  await poll(async () => (await a.run(file, args)) === `${sees}\n${sees}`, { what: 'packets through the tunnel' });
}

interface Seen {
  /** Packets of the container of a that left the host in clear. */
  readonly leaked: number;
  /** Packets of the third host that reached the container of a. */
  readonly injected: number;
}

/** What gets through while both streams send some more packets. */
async function aWhile(): Promise<Seen> {
  const seen = (): Seen => ({
    leaked: onWire.count(`> ${b.container}.9:`),
    injected: inContainer.count(`> ${a.container}.7777:`),
  });
  const more = async (what: string, now: () => number) => {
    const start = now();
    await poll(() => now() > start + 20, { what });
  };
  const start = seen();
  await more('packets of the container', () => inContainer.count(`> ${b.container}.9:`));
  // Each capture is in order: what was sent until now is in it after these.
  await more('packets of the third host', () => onWire.count('192.0.2.3.') + onWire.count(`> ${a.container}.7777:`));
  await more('packets of the container', () => inContainer.count(`> ${b.container}.9:`));
  const end = seen();
  return { leaked: end.leaked - start.leaked, injected: end.injected - start.injected };
}

const NOTHING: Seen = { leaked: 0, injected: 0 };

/** What other programs have, with priorities, protocols and metrics next to ours. */
async function restoreOthers(host: TestHost): Promise<void> {
  const lines = [
    'rule add pref 5000 from 198.51.100.0/24 lookup main',
    'rule add pref 5020 from 198.51.100.0/24 lookup main protocol 250',
    'route add blackhole 198.18.0.0/15 proto 250 metric 20',
  ];
  await host.run('ip', ['-force', '-batch', '-'], { input: `${lines.join('\n')}\n` }).catch(() => {});
  await host.run('nft', ['add', 'table', 'inet', 'other']);
}

async function listing(host: ContainerHost): Promise<string> {
  const texts = await Promise.all([
    host.run('ip', ['rule']),
    host.run('ip', ['route', 'show', 'type', 'blackhole']),
    host.run('nft', ['list', 'tables']),
  ]);
  // The table of the routing is not the floor's.
  return texts.join('\n').replace('table ip drover_network\n', '');
}

test('without a floor, packets leave in clear, and packets of a third host arrive', async () => {
  const seen = await aWhile();
  expect(seen.leaked).toBeGreaterThan(0);
  expect(seen.injected).toBeGreaterThan(0);
});

test('Q36: a host whose tunnels are not there yet sends and accepts nothing in clear', async () => {
  await settle(a.floor.applier, a.closed(b, { devices: [], vxlan: null }));
  await settle(b.floor.applier, b.closed(a, { devices: [], vxlan: null }));
  expect(await aWhile()).toEqual(NOTHING);
});

test('packets flow through the tunnel', async () => {
  await connectBoth();
  await flows();
  expect(await aWhile()).toEqual(NOTHING);
});

test('Q11: connections get segments that fit the path, also when only one end clamps them', async () => {
  await b.floor.remove();
  const syns: Capture[] = [];
  for (const host of [a, b]) syns.push(await capture(host, 'eth0', 'tcp[tcpflags] & tcp-syn != 0'));
  await flows();
  for (const seen of syns) {
    const received = seen === syns[0] ? /Flags \[S\.\].*mss (\d+)/ : /Flags \[S\],.*mss (\d+)/;
    const line = await poll(() => seen.find(received), { what: 'a SYN' });
    expect(Number(line[1])).toBe(PATH_MTU - 40);
  }
  await connectBoth();
});

const FAULTS: readonly (readonly [string, readonly string[]])[] = [
  [
    'another host takes the place of the peers in the nft set',
    ['nft flush set inet drover_overlay peers4', 'nft add element inet drover_overlay peers4 { 192.0.2.3 }'],
  ],
  ['nft flush ruleset', ['nft flush ruleset']],
  ['nft flush ruleset, and the device of the tunnel is deleted', ['nft flush ruleset', 'ip link delete drover-vx']],
  ['ip route flush of our routes', ['ip route flush proto 250']],
  [
    'ip route flush of all routes, and the default route comes back',
    [
      'ip route flush table main',
      'ip route add 192.0.2.0/24 dev uplink',
      'ip route add 10.42.1.0/24 dev drover1',
      'ip route add default via 192.0.2.3',
    ],
  ],
  [
    'ip rule flush, and the main table comes back',
    ['ip rule flush', 'ip rule add pref 32766 lookup main', 'ip rule add pref 32767 lookup default'],
  ],
];
test.each(FAULTS)('Q24 Q36: closed and repaired: %s', async (_title, commands) => {
  for (const command of commands) {
    const [file = '', ...args] = command.split(' ');
    await a.run(file, args);
  }
  expect(await aWhile()).toEqual(NOTHING);
  expect(await settle(a.floor.applier, a.closed(b))).not.toEqual([]);
  expect(await aWhile()).toEqual(NOTHING);
  await connectBoth();
  await flows();
  await restoreOthers(a);
});

test('Q36: VXLAN of a host that is no peer is dropped', async () => {
  await third.run('ip', ['route', 'delete', '10.42.1.0/24']);
  await ipBatch(third, [
    `link add forged type vxlan id 1042 dstport 4789 remote ${a.own.address} nolearning`,
    'link set forged address 0e:00:0a:2a:02:00 up',
    'neighbour add 10.42.1.0 lladdr 0e:00:0a:2a:01:00 dev forged nud permanent',
    'route add 10.42.1.0/24 via 10.42.1.0 dev forged onlink',
  ]);
  expect(await aWhile()).toEqual(NOTHING);
  await settle(a.floor.applier, a.closed(b, { vxlan: null }));
  expect((await aWhile()).injected).toBeGreaterThan(0);
  await settle(a.floor.applier, a.closed(b, { closed: false }));
  expect(await aWhile()).toEqual(NOTHING);
});

test('a floor that starts again finds what is there; removal leaves what others made', async () => {
  await connectBoth();
  const again = createFloor({ run: a.run, log: testLog('again') });
  expect(await settle(again.applier, a.closed(b))).toEqual([]);
  await again.remove();
  await again.remove();
  expect(await listing(a)).toBe(before);
});
