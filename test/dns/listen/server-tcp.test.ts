import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { Server } from '../../../dns/listen/server.ts';
import { serveTcp } from '../../../dns/listen/server-tcp.ts';
import type { TcpLimits } from '../../../dns/listen/tcp-limits.ts';
import type { Answer, Client } from '../../../dns/query/client.ts';
import { createFrameReader, frame } from '../../../dns/wire/framing.ts';
import { poll } from '../../support/poll.ts';
import { createResources } from '../../support/resources.ts';

const resources = createResources();
afterEach(() => resources.close());

interface Harness {
  readonly server: Server;
  readonly seen: { readonly message: Buffer; readonly client: Client }[];
  drops: number;
  /** Answers the oldest waiting message. */
  release(): void;
}

/** An echo server. Messages with 1 as first byte wait until they are released, 2 requests 60 kB, 3 takes CPU time. */
async function start(limits: Partial<TcpLimits> = {}): Promise<Harness> {
  const seen: Harness['seen'] = [];
  const waiting: (() => void)[] = [];
  const answer: Answer = (message, client) => {
    seen.push({ message, client });
    if (message[0] === 2) return Buffer.alloc(60_000, 2);
    if (message[0] === 3) spin(WORK_MS);
    if (message[0] !== 1) return message;
    const { promise, resolve } = Promise.withResolvers<Buffer | null>();
    waiting.push(() => resolve(message));
    return promise;
  };
  let harness: Harness | null = null;
  const onDrop = () => {
    if (harness) harness.drops += 1;
  };
  const server = await serveTcp(answer, { address: '127.0.0.1', port: 0, limits, onDrop });
  resources.add('TCP server', () => server.close());
  harness = { server, seen, drops: 0, release: () => waiting.shift()?.() };
  return harness;
}

const WORK_MS = 0.05;

function spin(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

interface Peer {
  readonly socket: Socket;
  readonly got: Buffer[];
  closed: boolean;
}

async function dial({ server }: Harness, { reading = true, from = '127.0.0.1' } = {}): Promise<Peer> {
  const socket = connect({
    port: server.port,
    host: '127.0.0.1',
    localAddress: from,
    noDelay: true,
    allowHalfOpen: true,
  });
  const peer: Peer = { socket, got: [], closed: false };
  resources.add('client', async () => void socket.destroy());
  socket.on('error', () => undefined);
  socket.on('end', () => {
    peer.closed = true;
    socket.end();
  });
  socket.on('close', () => {
    peer.closed = true;
  });
  const read = createFrameReader((message) => peer.got.push(message));
  if (reading) socket.on('data', read);
  await new Promise((resolve) => socket.once('connect', resolve));
  return peer;
}

function message(kind: number, id: number, size = 20): Buffer {
  const bytes = Buffer.alloc(size, kind);
  bytes.writeUInt16BE(id, 1);
  return bytes;
}

const until = (what: string, condition: () => boolean) => poll(condition, { what, intervalMs: 2 });
const ids = (peer: Peer) => peer.got.map((reply) => reply.readUInt16BE(1));

describe('a TCP connection', () => {
  test('carries several messages at a time; replies are sent as they are ready [RFC 7766 §7]', async () => {
    const harness = await start();
    const peer = await dial(harness);
    peer.socket.write(
      Buffer.concat([frame(message(1, 1)), frame(message(0, 2)), frame(message(1, 3)), frame(message(0, 4))]),
    );
    await until('those that need not wait', () => peer.got.length === 2);
    expect(ids(peer)).toEqual([2, 4]);
    harness.release();
    harness.release();
    await until('the others', () => peer.got.length === 4);
    expect(ids(peer)).toEqual([2, 4, 1, 3]);
    expect(harness.seen[0]?.client).toEqual({ address: '127.0.0.1', transport: 'tcp', idleMs: 10_000 });
  });

  test('that is half-closed by the client still gets the replies in flight, then ends', async () => {
    const harness = await start();
    const peer = await dial(harness);
    peer.socket.end(Buffer.concat([frame(message(1, 1)), frame(message(0, 2)), frame(message(1, 3)).subarray(0, 9)]));
    await until('the first reply', () => peer.got.length === 1);
    expect(peer.closed).toBe(false);
    harness.release();
    await until('the end', () => peer.closed);
    expect(ids(peer)).toEqual([2, 1]);
    expect(harness.seen).toHaveLength(2);
  });

  test.each([
    ['length 0', Buffer.alloc(2)],
    ['less than a header', frame(Buffer.alloc(11))],
  ])('with a message of %s ends: there is nothing to answer', async (_, bytes) => {
    const harness = await start();
    const peer = await dial(harness);
    peer.socket.write(bytes);
    await until('the end', () => peer.closed);
    expect(harness.seen).toEqual([]);
  });

  test('with a message of 64 kB is answered after its beginning, without keeping the rest in memory', async () => {
    const harness = await start();
    const peer = await dial(harness);
    peer.socket.write(Buffer.concat([frame(message(0, 1, 65_535)), frame(message(0, 2))]));
    await until('both', () => peer.got.length === 2);
    expect(peer.got.map(({ length }) => length)).toEqual([4_097, 20]);
  });

  test('has a bounded number of queries in flight; the others wait', async () => {
    const harness = await start({ maxInFlight: 3 });
    const peer = await dial(harness);
    for (let n = 0; n < 10; n += 1) peer.socket.write(frame(message(1, n)));
    await until('three', () => harness.seen.length === 3);
    harness.release();
    await until('a fourth', () => harness.seen.length === 4);
    for (let n = 0; n < 10; n += 1) {
      await until('one more', () => harness.seen.length === Math.min(10, n + 4));
      harness.release();
    }
    await until('all replies', () => peer.got.length === 10);
    expect(ids(peer)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test('whose client sends without pause does not delay others', async () => {
    const harness = await start();
    const [greedy, modest] = [await dial(harness), await dial(harness)];
    greedy.socket.write(Buffer.concat(Array.from({ length: 20_000 }, () => frame(message(0, 1)))));
    modest.socket.write(frame(message(0, 2)));
    await until('the modest one', () => modest.got.length === 1);
    await until('the greedy one', () => greedy.got.length === 20_000);
    const at = harness.seen.findIndex(({ message: seen }) => seen.readUInt16BE(1) === 2);
    // A chunk of 64 kB has 2,978 messages, which are processed a few at a time.
    expect(at).toBeLessThan(2_000);
  });
});

test('a client with many busy connections does not delay another client', async () => {
  const harness = await start();
  const greedy: Peer[] = [];
  for (let n = 0; n < 40; n += 1) greedy.push(await dial(harness));
  const modest = await dial(harness, { from: '127.0.0.2' });
  const flood = Buffer.concat(Array.from({ length: 200 }, () => frame(message(3, 1))));
  for (const { socket } of greedy) socket.write(flood);
  await until('the flood', () => harness.seen.length > 100);
  const before = harness.seen.length;
  modest.socket.write(frame(message(0, 2)));
  await until('the modest one', () => modest.got.length === 1);
  const at = harness.seen.findIndex(({ message: seen }) => seen.readUInt16BE(1) === 2);
  await until('the flood is over', () => greedy.every(({ got }) => got.length === 200));
  // A round of all connections with 4 messages each would be 160.
  expect(at - before).toBeLessThan(100);
});

describe('a client that is slow', () => {
  const LIMITS = { idleMs: 300, messageMs: 300, takeMs: 300 };

  test('is disconnected when idle, which is not counted as a drop', async () => {
    const harness = await start(LIMITS);
    const peer = await dial(harness);
    const start0 = performance.now();
    peer.socket.write(frame(message(0, 1)));
    await until('the reply', () => peer.got.length === 1);
    await until('the end', () => peer.closed);
    expect(performance.now() - start0).toBeGreaterThan(200);
    expect(harness.drops).toBe(0);
  });

  test('is not disconnected while its query is in flight', async () => {
    const harness = await start(LIMITS);
    const [waiting, idle] = [await dial(harness), await dial(harness)];
    waiting.socket.write(frame(message(1, 1)));
    await until('the end of the idle one', () => idle.closed);
    expect(waiting.closed).toBe(false);
    harness.release();
    await until('the reply', () => waiting.got.length === 1);
  });

  test.each([
    ['the length', 1],
    ['the message', 8],
  ])('is cut off in the middle of %s, although it goes on sending (slowloris)', async (_, size) => {
    const harness = await start({ ...LIMITS, idleMs: 60_000 });
    const peer = await dial(harness);
    peer.socket.write(frame(message(0, 1, 4_000)).subarray(0, size));
    const drip = setInterval(() => size > 2 && peer.socket.write(Buffer.of(0)), 20);
    await until('the end', () => peer.closed).finally(() => clearInterval(drip));
    expect([harness.drops, harness.seen.length]).toEqual([1, 0]);
  });

  test('that sends a complete message in time stays connected', async () => {
    const harness = await start({ messageMs: 2_000, idleMs: 60_000, takeMs: 60_000 });
    const peer = await dial(harness);
    const bytes = frame(message(0, 0));
    peer.socket.write(bytes.subarray(0, 5));
    for (let n = 0; n < 4; n += 1) {
      await new Promise((resolve) => setTimeout(resolve, 600));
      // The end of one and the beginning of the next.
      peer.socket.write(Buffer.concat([bytes.subarray(5), bytes.subarray(0, 5)]));
      await until('its reply', () => peer.got.length === n + 1);
    }
    expect(harness.drops).toBe(0);
  });

  test('that does not read its replies is not read from, and then disconnected; memory stays bounded', async () => {
    const harness = await start({ ...LIMITS, idleMs: 60_000, takeMs: 500 });
    const peer = await dial(harness, { reading: false });
    for (let n = 0; n < 2_000; n += 1) peer.socket.write(frame(message(2, n)));
    await until('the end', () => harness.drops === 1);
    // The kernel's buffers of both sides and a few more: far from 120 MB.
    expect(harness.seen.length).toBeLessThan(400);
  });

  test('whose unread late replies exceed the limit is disconnected at once', async () => {
    const harness = await start({ maxInFlight: 10_000, pauseBytes: 64 * 1024, maxBytes: 128 * 1024 });
    const peer = await dial(harness, { reading: false });
    for (let n = 0; n < 4_000; n += 1) peer.socket.write(frame(message(1, n, 4_000)));
    await until('all under way', () => harness.seen.length === 4_000);
    for (let n = 0; n < 4_000; n += 1) harness.release();
    peer.socket.resume();
    await until('the end', () => peer.closed);
  });
});

describe('too many connections', () => {
  test('of one client: the one that was idle longest is closed; if none is idle, the new one is refused', async () => {
    const harness = await start({ maxPerSource: 3 });
    const neighbour = await dial(harness, { from: '127.0.0.3' });
    const peers = [await dial(harness), await dial(harness), await dial(harness)] as const;
    for (const [n, peer] of peers.entries()) {
      peer.socket.write(frame(message(n === 0 ? 1 : 0, n)));
      await until('it is served', () => harness.seen.length === n + 1);
    }
    const fourth = await dial(harness);
    await until('the longest idle is gone', () => peers[1].closed);
    expect([neighbour, peers[0], peers[2]].map(({ closed }) => closed)).toEqual([false, false, false]);
    expect(harness.drops).toBe(1);
    for (const peer of [peers[2], fourth]) peer.socket.write(frame(message(1, 9)));
    await until('all are busy', () => harness.seen.length === 5);
    const fifth = await dial(harness);
    await until('it is refused', () => fifth.closed);
    const other = await dial(harness, { from: '127.0.0.2' });
    other.socket.write(frame(message(0, 7)));
    await until('another source is served', () => other.got.length === 1);
  });

  test('of all clients: the one that was idle longest is closed', async () => {
    const harness = await start({ maxConnections: 2 });
    const one = await dial(harness, { from: '127.0.0.2' });
    const two = await dial(harness, { from: '127.0.0.3' });
    one.socket.write(frame(message(0, 1)));
    await until('its reply', () => one.got.length === 1);
    const three = await dial(harness, { from: '127.0.0.4' });
    await until('the longest idle is gone', () => two.closed);
    three.socket.write(frame(message(0, 3)));
    await until('the new one is served', () => three.got.length === 1);
    expect(one.closed).toBe(false);
  });
});

test('leaving closes idle connections, and busy ones after an answer; keepalive is announced to none [RFC 7828 §3.4]', async () => {
  const harness = await start();
  const [idle, busy] = [await dial(harness), await dial(harness)];
  busy.socket.write(frame(message(1, 1)));
  await until('it is under way', () => harness.seen.length === 1);
  const left = harness.server.leave(AbortSignal.timeout(10_000));
  await until('the idle one is let go', () => idle.closed);
  busy.socket.write(frame(message(0, 2)));
  await until('it is still served', () => ids(busy).includes(2));
  expect(harness.seen[1]?.client.idleMs).toBe(0);
  harness.release();
  await until('the reply', () => busy.got.length === 2);
  await left;
  await until('the end of the busy one', () => busy.closed);
});
