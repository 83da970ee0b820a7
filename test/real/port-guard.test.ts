import { afterAll, beforeAll, expect, test } from 'vitest';
import { addressOf, inside, pidOf } from '../support/containers.ts';
import type { Daemon } from '../support/daemon.ts';
import { arpReply, synFrame, tagged, udpFrame } from '../support/frames.ts';
import { ASK_SELF, createGuardedHost, type GuardedHost } from '../support/guarded-host.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';
import { createTestHost, type TestHost } from '../support/test-host.ts';

const resources = createResources();
let alpha: GuardedHost;

beforeAll(async () => {
  alpha = await createGuardedHost(resources);
  await alpha.run('victim');
  await alpha.run('thief', { CapAdd: ['NET_ADMIN'] });
  await alpha.run('sneak');
  for (const name of ['victim', 'thief', 'sneak']) await alpha.untilKnown(name);
});
afterAll(() => resources.close());

/** Another address of the managed network's subnet. */
const numbered = (number: number) => alpha.router.ipv4.replace(/\d+$/, String(number));
/** `seconds`: few only where no reply is expected. */
const ping = async (from: TestHost, source: string, seconds = 8): Promise<boolean> => {
  const args = ['ping', '-c', '1', '-W', String(seconds), '-I', source, alpha.router.ipv4];
  return from.run('busybox', args).then(
    () => true,
    () => false,
  );
};

async function capture(pid: number, device: string): Promise<Daemon> {
  const args = ['-t', String(pid), '-n', 'tcpdump', '-i', device, '-nn', '-l', '--immediate-mode', 'arp or udp or tcp'];
  const seen = alpha.host.start('nsenter', args);
  await poll(() => seen.output().includes('listening on'), { what: 'tcpdump', giveUp: seen.assertRunning });
  return seen;
}

test('Q25: a container that uses another container’s address does not get its identity, and both keep their own', async () => {
  const before = await alpha.drops();
  expect(await alpha.steal('thief', 'victim')).not.toContain('victim');
  const after = await alpha.drops();
  for (const reason of ['spoofed address', 'spoofed ARP'])
    expect(after[reason], reason).toBeGreaterThan(before[reason] ?? 0);
  expect(await inside(alpha, 'victim', ASK_SELF)).toBe('victim');
  expect(await inside(alpha, 'thief', ASK_SELF)).toBe('thief');
});

test('Q25: spoofed frames of a container with Docker’s default capabilities reach neither the service nor other containers', async () => {
  const { router, service } = alpha;
  const [victim, thief] = [await alpha.stationOf('victim'), await alpha.stationOf('thief')];
  const sneak = await alpha.stationOf('sneak');
  const as = (ipv4: string) => ({ ...sneak, ipv4 });
  const forged = [
    udpFrame(as(victim.ipv4), service, [5001, 53]),
    synFrame(as(victim.ipv4), service, [5002, 80]),
    udpFrame(victim, service, [5003, 53]),
    tagged(udpFrame(as(victim.ipv4), service, [5004, 53])),
    tagged(tagged(udpFrame(as(victim.ipv4), service, [5005, 53]))),
    udpFrame(as(thief.ipv4), victim, [5006, 9]),
    tagged(udpFrame(as(thief.ipv4), victim, [5007, 9])),
    arpReply(as(victim.ipv4), router),
    arpReply(as(router.ipv4), victim),
    udpFrame({ ...sneak, mac: victim.mac }, victim, [5008, 9]),
  ];
  // Sent last: when they have arrived, so would the others have.
  const honest = [udpFrame(sneak, service, [4001, 53]), udpFrame(sneak, victim, [4002, 9])];
  const atService = await capture(alpha.host.holderPid, 'drover0');
  const atVictim = await capture(await pidOf(alpha, 'victim'), 'eth0');
  const before = await alpha.drops();
  await inside(alpha, 'sneak', `/tools/send-frames eth0 ${[...forged, ...honest].join(' ')}`);
  const arrived = (at: Daemon, port: number) => at.stdout().includes(`${sneak.ipv4}.${port} >`);
  await poll(() => arrived(atService, 4001) && arrived(atVictim, 4002), { what: 'the honest frames' });
  const seen = `${atService.stdout()}${atVictim.stdout()}`;
  expect(seen).not.toMatch(/\.500\d >/);
  for (const { ipv4 } of [victim, router]) expect(seen).not.toContain(`${ipv4} is-at ${sneak.mac}`);
  const after = await alpha.drops();
  const grown = Object.entries(after).map(([reason, packets]) => [reason, packets - (before[reason] ?? 0)]);
  expect(Object.fromEntries(grown)).toMatchObject({
    'spoofed MAC address': 2,
    'VLAN tag hides the address': 3,
    'spoofed address': 3,
    'spoofed ARP': 2,
  });
  await Promise.all([atService.stop(), atVictim.stop()]);
});

test('a port that is not known uses any address at once, but none that is taken', async () => {
  const { ipv4 } = await alpha.stationOf('victim');
  const stranger = await createTestHost(resources, 'stranger');
  const peer = ['peer', 'name', 'eth0', 'netns', `${stranger.holderPid}`];
  await alpha.host.run('ip', ['link', 'add', 'stray', 'type', 'veth', ...peer]);
  await alpha.host.run('ip', ['link', 'set', 'stray', 'master', 'drover1', 'up']);
  await stranger.run('ip', ['link', 'set', 'eth0', 'up']);
  await stranger.run('ip', ['addr', 'add', `${numbered(250)}/24`, 'dev', 'eth0']);
  expect(await ping(stranger, numbered(250))).toBe(true);
  await stranger.run('ip', ['addr', 'add', `${ipv4}/24`, 'dev', 'eth0']);
  const before = await alpha.drops();
  expect(await ping(stranger, ipv4, 1)).toBe(false);
  const reason = 'unknown port, spoofed address';
  expect((await alpha.drops())[reason]).toBeGreaterThan(before[reason] ?? 0);
  expect(await inside(alpha, 'victim', ASK_SELF)).toBe('victim');
  await alpha.host.run('ip', ['link', 'delete', 'stray']);
});

test('Q14: a new container asks with its first instruction, also when it starts again and again under one address', async () => {
  const first = await alpha.engine.docker.createContainer({
    name: 'first',
    Image: 'drover-busybox:latest',
    Tty: true,
    // It stays for a moment, so that the guard knows it when it starts again.
    Cmd: ['sh', '-c', `${ASK_SELF} && echo . && sleep 0.5`],
    HostConfig: { NetworkMode: 'drover' },
    NetworkingConfig: { EndpointsConfig: { drover: { IPAMConfig: { IPv4Address: numbered(77) } } } },
  });
  for (let round = 1; round <= 8; round += 1) {
    await first.start();
    const { StatusCode } = (await first.wait()) as { StatusCode: number };
    const output = (await first.logs({ stdout: true, stderr: true })).toString('utf8');
    expect({ round, StatusCode, output }).toEqual({ round, StatusCode: 0, output: 'first.\r\n'.repeat(round) });
  }
});

test('containers come to the network and leave it, and do as they like on other networks', async () => {
  await alpha.run('guest', { NetworkMode: 'bridge', CapAdd: ['NET_ADMIN'] });
  const network = alpha.engine.docker.getNetwork('drover');
  await network.connect({ Container: 'guest' });
  await alpha.untilKnown('guest');
  const address = await addressOf(alpha, 'guest');
  await inside(alpha, 'guest', `ping -c 1 -W 15 -I ${address} ${await addressOf(alpha, 'victim')}`);
  await inside(alpha, 'guest', 'ip addr add 172.17.0.99/16 dev eth0 && ping -c 1 -W 15 -I 172.17.0.99 172.17.0.1');
  await network.disconnect({ Container: 'guest' });
  await poll(async () => !(await alpha.setOf('taken')).includes(address), { what: 'the address to be free' });
  expect(await inside(alpha, 'guest', ASK_SELF)).toBe('guest');
});

test('a container that moves its end of the veth pair away stays bound to its address', async () => {
  await alpha.run('mover');
  await alpha.untilKnown('mover');
  const { ipv4 } = await alpha.stationOf('mover');
  const inner = await createTestHost(resources, 'inner');
  const move = ['ip', 'link', 'set', 'eth0', 'netns', String(inner.holderPid)];
  await alpha.host.run('nsenter', ['-t', String(await pidOf(alpha, 'mover')), '-n', ...move]);
  await inner.run('ip', ['link', 'set', 'eth0', 'up']);
  for (const each of [ipv4, numbered(200)]) await inner.run('ip', ['addr', 'add', `${each}/24`, 'dev', 'eth0']);
  // Another one that becomes known proves that the guard has looked since.
  await alpha.run('later');
  await alpha.untilKnown('later');
  expect(await ping(inner, ipv4)).toBe(true);
  expect(await ping(inner, numbered(200), 1)).toBe(false);
});
