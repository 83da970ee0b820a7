import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { DesiredTunnels, TunnelPeer } from '../../../overlay/index.ts';
import { parseSas } from '../../../overlay/ipsec/tunnels/sas.ts';
import { connectVici } from '../../../overlay/ipsec/vici/client.ts';
import { ask, createMembers, look, type Member, pass, peerOf, route, settle } from '../../contract/overlay-fixture.ts';
import { ipsecOnHost } from '../../support/overlay/ipsec-on-host.ts';
import { poll } from '../../support/poll.ts';
import { createResources } from '../../support/resources.ts';
import { createTestHost } from '../../support/test-host.ts';

// Two hosts with a charon each, on one network segment.
const SETTLE_MS = 10_000;
const resources = createResources();
let a: Member;
let b: Member;
let atA: TunnelPeer;
let atB: TunnelPeer;

beforeAll(async () => {
  const driver = { create: (host: Member['host']) => ipsecOnHost(host).backend };
  [a, b] = await createMembers(resources, driver as Parameters<typeof createMembers>[1]);
  [atA, atB] = [await peerOf(a), await peerOf(b)];
});
beforeEach(async () => {
  await connect();
  await flows();
});
afterAll(() => resources.close());

const toB = (): DesiredTunnels => ({ own: a.own, peers: [atB] });
const toA = (): DesiredTunnels => ({ own: b.own, peers: [atA] });

async function connect(): Promise<void> {
  await Promise.all([settle(a.backend, toB(), SETTLE_MS), settle(b.backend, toA(), SETTLE_MS)]);
  await Promise.all([route(a, atB), route(b, atA)]);
}

const answers = async (): Promise<boolean> =>
  (await ask(a, b, 300)) === Array(2).fill(`${b.own.hostId} sees ${a.own.gateway}`).join('\n');

/** Milliseconds until TCP and UDP pass. */
async function flows(timeoutMs = SETTLE_MS): Promise<number> {
  const start = performance.now();
  await poll(answers, { what: 'TCP and UDP through the tunnel', timeoutMs });
  return performance.now() - start;
}

/** Another agent on this host. */
function restart(member: Member, options: Parameters<typeof ipsecOnHost>[1] = {}): Member {
  member.stop();
  const { backend } = ipsecOnHost(member.host, options);
  const end = new AbortController();
  const running = backend.run(end.signal);
  resources.add(`the next agent of ${member.own.hostId}`, async () => {
    end.abort();
    await running;
    await backend.remove();
  });
  return { ...member, backend, stop: () => end.abort() };
}

const sasOf = async ({ host }: Member) => {
  const vici = await connectVici(`${host.dir}/ipsec/charon.vici`);
  try {
    return parseSas(await vici.stream('list-sas', 'list-sa'));
  } finally {
    vici.close();
  }
};
const isUpOnce = async (member: Member): Promise<boolean> => {
  const sas = await sasOf(member);
  return sas.length === 1 && sas[0]?.state === 'ESTABLISHED' && sas[0].children.length === 1;
};

async function pidOf({ test }: Member): Promise<number> {
  return Number(await test.run('cat', [`${test.dir}/ipsec/charon.pid`]));
}

/** Text of all packets that pass a device while `act` runs. */
async function captured({ test }: Member, device: string, act: () => Promise<unknown>): Promise<string> {
  const { file, args } = test.enter('tcpdump', ['-i', device, '-A', '-n', '-l', '-U', '-s', '0']);
  const child = spawn(file, args);
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString('latin1');
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  await poll(() => err.includes('listening on'), { what: `a capture on ${device}` });
  await act();
  const exit = once(child, 'exit');
  process.kill(child.pid ?? 0, 'SIGINT');
  await exit;
  return out;
}

/** What the hosts ask and answer, in clear. */
const MARKERS = /who am I|sees 10\.42/;

test('Q36: packets are encrypted on the underlay, with one UDP port, and in clear on the device only', async () => {
  let inside = '';
  const underlay = await captured(a, 'uplink', async () => {
    inside = await captured(a, a.backend.device ?? '', async () => {
      for (let n = 0; n < 3; n++) await flows();
    });
  });
  expect(inside).toMatch(MARKERS);
  expect(underlay).toMatch(/192\.0\.2\.1\.4500 > 192\.0\.2\.2\.4500: UDP-encap: ESP/);
  expect(underlay).not.toMatch(MARKERS);
  expect(underlay).not.toMatch(/10\.42\.\d+\.\d+/);
});

test('Q36: without a tunnel the packets for a peer are dropped, not sent in clear, and a peer that is removed has none', async () => {
  await settle(a.backend, { own: a.own, peers: [] }, SETTLE_MS);
  expect(await sasOf(a)).toEqual([]);
  let isAnswered = true;
  const underlay = await captured(a, 'uplink', async () => {
    isAnswered = await answers();
  });
  expect(isAnswered).toBe(false);
  expect(underlay).not.toMatch(MARKERS);
  expect(underlay).not.toMatch(/10\.42\.\d+\.\d+ >|> 10\.42/);
  // The other host still wants the tunnel, and is refused.
  await poll(async () => (await look(b.backend, toA())).problems.length > 0, { what: 'the refusal on the other host' });
  expect((await look(b.backend, toA())).problems).toEqual([
    'IPsec to host ob-a: there is no tunnel: the other host does not know this host yet',
  ]);
});

test('Q3: charon that is killed is started again, with its tunnels', async () => {
  for (const member of [a, b]) {
    const before = await pidOf(member);
    process.kill(before, 'SIGKILL');
    const start = performance.now();
    await poll(async () => (await pidOf(member)) !== before, { what: 'another charon' });
    // The device is a new one, and its routes are gone with the old one.
    await poll(async () => route(member, member === a ? atB : atA).then(() => true), { what: 'the device' });
    await flows(30_000);
    const tookMs = Math.round(performance.now() - start);
    console.log(`charon of ${member.own.hostId} killed: packets pass after ${tookMs} ms`);
    expect(tookMs).toBeLessThan(30_000);
    expect(await look(member.backend, member === a ? toB() : toA())).toEqual({ lines: [], problems: [] });
  }
});

test('Q3: both hosts start at the same time, in any order, and keep one tunnel', async () => {
  for (let round = 0; round < 3; round++) {
    const order = round % 2 === 0 ? [a, b] : [b, a];
    for (const member of order) process.kill(await pidOf(member), 'SIGKILL');
    await poll(
      async () =>
        route(a, atB)
          .then(() => route(b, atA))
          .then(() => true),
      { what: 'the devices' },
    );
    await flows(30_000);
    for (const member of order) {
      await poll(() => isUpOnce(member), { what: 'one tunnel', timeoutMs: 20_000 });
    }
  }
});

test('Q3: the tunnel stands while no agent runs, and the next agent adopts charon', async () => {
  const pid = await pidOf(a);
  const [before] = await sasOf(a);
  a.stop();
  await flows();
  a = restart(a);
  await connect();
  await flows();
  expect(await pidOf(a)).toBe(pid);
  expect((await sasOf(a)).map(({ id }) => id)).toEqual([before?.id]);
  const traffic = (await a.backend.traffic()).get(b.own.hostId);
  expect(traffic?.sentBytes).toBeGreaterThan(0);
  expect(traffic?.receivedBytes).toBeGreaterThan(0);
  expect(traffic?.keyAgeSeconds).toBeGreaterThanOrEqual(0);
});

test('a peer with another key than the published one is refused, and named', async () => {
  const publicKey = (await ipsecOnHost({ ...a.host, dir: `${a.host.dir}/other` }).backend.publicKey()) ?? '';
  process.kill(await pidOf(b), 'SIGKILL');
  const wrong: DesiredTunnels = { own: a.own, peers: [{ ...atB, publicKey }] };
  await settle(a.backend, wrong, SETTLE_MS);
  // Until the other charon has its connections again, the reason is that it does not know this host.
  const named =
    'IPsec to host ob-b: there is no tunnel: the other host uses another key than the one that it has published';
  await poll(async () => (await look(a.backend, wrong)).problems.join() === named, {
    what: named,
    timeoutMs: SETTLE_MS,
  });
  expect(await answers()).toBe(false);
});

test('Q36: a renewed key is used as soon as the peer knows it, and the old one is refused', async () => {
  const old = atA;
  const before = (await sasOf(a)).map(({ id }) => id);
  await a.backend.renewKey();
  await settle(a.backend, toB(), SETTLE_MS);
  // The peer does not know the new key yet: the tunnel stands.
  await flows();
  atA = await peerOf(a);
  expect(atA.publicKey).not.toBe(old.publicKey);
  await connect();
  await poll(async () => (await isUpOnce(a)) && !before.includes((await sasOf(a))[0]?.id ?? -1), {
    what: 'a tunnel with the new key',
    timeoutMs: 20_000,
  });
  await flows();
  process.kill(await pidOf(a), 'SIGKILL');
  await settle(b.backend, { own: b.own, peers: [old] }, SETTLE_MS);
  await settle(a.backend, toB(), SETTLE_MS);
  await poll(async () => (await look(b.backend, { own: b.own, peers: [old] })).problems.length > 0, {
    what: 'refusal',
  });
  await connect();
  await flows();
});

test('Q3: charon that hangs is replaced', async () => {
  a = restart(a, { replyTimeoutMs: 500 });
  await connect();
  await flows();
  const before = await pidOf(a);
  process.kill(before, 'SIGSTOP');
  // A pass needs charon at once.
  await expect(look(a.backend, toB())).rejects.toThrow();
  await poll(async () => (await pidOf(a)) !== before, { what: 'another charon', timeoutMs: 25_000 });
  await connect();
  await flows();
});

test('keys are renewed under traffic, and hardly a packet is lost', async () => {
  [a, b] = [restart(a, { childRekeySeconds: 3 }), restart(b, { childRekeySeconds: 3 })];
  await connect();
  await poll(async () => (await isUpOnce(a)) && (await isUpOnce(b)), { what: 'one tunnel', timeoutMs: 20_000 });
  await flows();
  const first = (await sasOf(a))[0]?.children[0]?.id ?? 0;
  const { sent, received } = await stream(a, b, 8_000);
  const last = Math.max(...(await sasOf(a)).flatMap(({ children }) => children.map(({ id }) => id)));
  console.log(`${last - first} renewals of keys, ${sent} packets sent, ${received} answered`);
  expect(last - first).toBeGreaterThanOrEqual(2);
  // libipsec has no outbound SA for a moment when it changes to the new one.
  expect(sent - received).toBeLessThanOrEqual(sent / 100);
});

/** Sends a datagram every 5 ms, and counts the answers. */
async function stream(from: Member, to: Member, forMs: number): Promise<{ sent: number; received: number }> {
  const script = `
    const socket = require('node:dgram').createSocket('udp4');
    let sent = 0, received = 0;
    socket.on('message', () => received++);
    socket.connect(80, '${to.own.gateway}', () => {
      const timer = setInterval(() => { socket.send('who am I'); sent++; }, 5);
      setTimeout(() => clearInterval(timer), ${forMs});
      setTimeout(() => { console.log(JSON.stringify({ sent, received })); socket.close(); }, ${forMs + 1500});
    });`;
  return JSON.parse(await from.test.run(process.execPath, ['-e', script], { timeoutMs: forMs + 20_000 }));
}

test('another program on the UDP port is named, and charon starts when it has gone', async () => {
  const bind = `require('node:dgram').createSocket('udp4').bind(4500, () => console.log('ready'))`;
  b.stop();
  await b.backend.remove();
  const other = b.test.start(process.execPath, ['-e', bind]);
  await poll(() => other.stdout().includes('ready'), { what: 'the other program' });
  b = restart(b);
  const { problems } = await look(b.backend, toA());
  expect(problems).toEqual([
    expect.stringMatching(/^UDP port 4500: is used by \S+ \(pid \d+\), so IPsec cannot start$/),
  ]);
  await pass(b.backend, toA());
  await other.stop();
  await settle(b.backend, toA(), SETTLE_MS);
  await connect();
  await flows();
});

test('with a shared secret in place of keys a tunnel comes up, and one that differs is named', async () => {
  const secretOf = ({ test }: Member) => join(test.dir, 'secret');
  for (const member of [a, b]) await writeFile(secretOf(member), `${'drover'.repeat(6)}\n`, { mode: 0o600 });
  [a, b] = [restart(a, { secretFile: secretOf(a) }), restart(b, { secretFile: secretOf(b) })];
  [atA, atB] = [await peerOf(a), await peerOf(b)];
  expect([atA.publicKey, atB.publicKey]).toEqual(['shared-secret', 'shared-secret']);
  const before = (await sasOf(a)).map(({ id }) => id);
  await connect();
  await poll(async () => (await isUpOnce(a)) && !before.includes((await sasOf(a))[0]?.id ?? -1), {
    what: 'a tunnel with the secret',
    timeoutMs: 20_000,
  });
  await flows();
  await writeFile(secretOf(b), 'another '.repeat(6));
  process.kill(await pidOf(b), 'SIGKILL');
  // The other host keeps what it takes for a tunnel for some seconds.
  const named = 'IPsec to host ob-a: there is no tunnel: the other host refuses the key or the secret of this host';
  await poll(async () => (await look(b.backend, toA())).problems.join() === named, { what: named });
  await writeFile(secretOf(b), 'drover'.repeat(6));
  await connect();
  await flows(30_000);
});

test('Q39: a host behind NAT starts the tunnel, and the other one finds it at the address of the NAT', async () => {
  const router = await createTestHost(resources, 'ipsec-nat');
  const link = async (port: string, address: string, to: Member, theirs: string): Promise<void> => {
    const peer = ['type', 'veth', 'peer', 'name', 'nat', 'netns', `${to.host.holderPid}`];
    await router.run('ip', ['link', 'add', port, ...peer]);
    await router.run('ip', ['-batch', '-'], { input: `address add ${address} dev ${port}\nlink set ${port} up\n` });
    const lines = [`link set uplink down`, `address add ${theirs} dev nat`, 'link set nat up'];
    await to.test.run('ip', ['-batch', '-'], { input: `${lines.join('\n')}\n` });
  };
  await link('outside', '198.51.100.2/24', a, '198.51.100.1/24');
  await link('inside', '10.9.0.1/24', b, '10.9.0.2/24');
  await b.test.run('ip', ['route', 'replace', 'default', 'via', '10.9.0.1']);
  await router.run('sysctl', ['--write', 'net.ipv4.ip_forward=1']);
  const table =
    'table ip nat { chain post { type nat hook postrouting priority 100; oifname "outside" masquerade; }; }';
  await router.run('nft', ['-f', '-'], { input: table });
  [atA, atB] = [
    { ...atA, address: '198.51.100.1' },
    { ...atB, address: '10.9.0.2' },
  ];
  [a, b] = [
    { ...a, own: { ...a.own, address: atA.address } },
    { ...b, own: { ...b.own, address: atB.address } },
  ];
  await connect();
  await flows(25_000);
  expect((await sasOf(a)).map(({ remoteAddress }) => remoteAddress)).toContain('198.51.100.2');
});
