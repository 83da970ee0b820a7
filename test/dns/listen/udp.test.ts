import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createGeneralPath } from '../../../dns/listen/general-path.ts';
import { choosePlace } from '../../../dns/listen/listen.ts';
import type { UdpServer } from '../../../dns/listen/server.ts';
import { serveUdp } from '../../../dns/listen/server-udp.ts';
import type { UdpBatchAddon } from '../../../dns/listen/udp-batch.ts';
import { loadAddon } from '../../../dns/native/load.ts';
import type { Answer, Client } from '../../../dns/query/client.ts';
import { type FastAnswer, GENERAL_PATH } from '../../../dns/query/fast-answer.ts';
import { systemClock } from '../../../system/index.ts';
import { poll } from '../../support/poll.ts';
import { createResources, type Resources } from '../../support/resources.ts';

let resources: Resources;
beforeEach(() => {
  resources = createResources();
});
afterEach(() => resources.close());

function theAddon(): UdpBatchAddon {
  const loaded = loadAddon<UdpBatchAddon>('udp-batch');
  if (!loaded.ok) throw new Error(loaded.problem.what);
  return loaded.value;
}

interface Setup {
  readonly address?: string;
  readonly port?: number;
  readonly fast?: FastAnswer;
  readonly answer?: Answer;
}

/** Sends back messages that begin with `f`. All others take the general path, which answers `general`, or nothing to those with `n`. */
const fastEcho: FastAnswer = (rx, at, length, _from, tx, to) => {
  if (rx[at] !== FAST) return GENERAL_PATH;
  tx.set(rx.subarray(at, at + length), to);
  return length;
};
const [FAST, NONE] = ['f'.charCodeAt(0), 'n'.charCodeAt(0)];

describe.each(['batch', 'dgram'] as const)('%s', (mode) => {
  const open = async ({ address = '127.0.0.1', port, ...setup }: Setup = {}) => {
    const dropped: string[] = [];
    const general = createGeneralPath({
      answer: setup.answer ?? ((message) => (message[0] === NONE ? null : Buffer.from(`general ${message.length}`))),
      onFlood: () => void dropped.push('flood'),
    });
    const context = { fast: setup.fast ?? fastEcho, general, clock: systemClock };
    const at = port === undefined ? await choosePlace({ address, port: 0, handOver: false }) : { address, port };
    const server: UdpServer = await serveUdp(mode === 'batch' ? theAddon() : null, context, at);
    resources.add('server', () => server.close());
    return { server, dropped };
  };
  const openClient = async (address = '127.0.0.1'): Promise<{ socket: Socket; got: string[] }> => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    const got: string[] = [];
    socket.on('message', (message) => got.push(message.toString()));
    const listening = once(socket, 'listening');
    socket.bind(0, address);
    await listening;
    resources.add('client', () => socket.close());
    return { socket, got };
  };

  test('the hot path answers at once; the general path answers the rest, or sends no reply', async () => {
    const { server } = await open();
    expect(server.mode).toBe(mode);
    const { socket, got } = await openClient();
    for (const message of ['none', 'fast 1', 'other', 'fast 2']) socket.send(message, server.port, '127.0.0.1');
    await poll(() => got.length === 3, { what: 'three replies' });
    expect([...got].sort()).toEqual(['fast 1', 'fast 2', 'general 5']);
    expect(server.losses()).toEqual({ overflown: 0, unsent: 0 });
  });

  test('the hot path gets the client as a number, the general path as text with its own copy of the bytes', async () => {
    const seen: { from?: number; client?: Client; message?: Buffer } = {};
    const { server } = await open({
      address: '127.0.0.1',
      fast: (rx, at, length, from, tx, to) => {
        seen.from = from;
        return fastEcho(rx, at, length, from, tx, to);
      },
      answer: (message, client) => {
        seen.client = client;
        seen.message ??= message;
        return null;
      },
    });
    const { socket, got } = await openClient('127.9.8.7');
    socket.send('kept', server.port, '127.0.0.1');
    await poll(() => seen.client, { what: 'the general path' });
    expect([seen.from, seen.client]).toEqual([0x7f090807, { address: '127.9.8.7', transport: 'udp' }]);
    for (let n = 0; n < 200; n += 1) socket.send(`fast ${n}`, server.port, '127.0.0.1');
    await poll(() => got.length === 200, { what: 'replies' });
    expect(seen.message?.toString()).toBe('kept');
  });

  test('a burst larger than a batch is answered completely, each query with its own reply', async () => {
    const { server } = await open();
    const { socket, got } = await openClient();
    socket.setRecvBufferSize(4 << 20);
    for (let n = 0; n < 1_000; n += 1) socket.send(`${n % 3 ? 'fast' : 'other'} ${n}`, server.port, '127.0.0.1');
    await poll(() => got.length === 1_000, { what: 'all replies' });
    expect(new Set(got.filter((text) => text.startsWith('fast'))).size).toBe(666);
  });

  test('large queries reach the general path far enough to be judged, and large replies are sent', async () => {
    const lengths: number[] = [];
    const { server } = await open({
      answer: (message) => {
        lengths.push(message.length);
        expect(message.every((byte) => byte === 0x78)).toBe(true);
        return Buffer.alloc(4_096, 'y');
      },
    });
    const { socket, got } = await openClient();
    for (const length of [513, 1_500, 4_096, 4_097, 60_000, 0])
      socket.send(Buffer.alloc(length, 'x'), server.port, '127.0.0.1');
    await poll(() => got.length === 6, { what: 'six replies' });
    expect(lengths.slice(0, 4)).toEqual([513, 1_500, 4_096, 4_097]);
    // More than 4,096 bytes are refused whatever they are.
    expect(lengths[4]).toBeGreaterThan(4_096);
    expect(lengths[5]).toBe(0);
    expect(new Set(got.map((text) => text.length))).toEqual(new Set([4_096]));
  });

  test('late replies reach their client, and one that cannot be sent affects no other', async () => {
    const { server } = await open({
      answer: async (message) => {
        await systemClock.sleep(30);
        return message.toString() === 'nothing' ? null : Buffer.from(`late ${message}`);
      },
    });
    const clients = await Promise.all([openClient('127.0.0.2'), openClient('127.0.0.3')]);
    for (const [index, { socket }] of clients.entries()) socket.send(`${index}`, server.port, '127.0.0.1');
    clients[0]?.socket.send('nothing', server.port, '127.0.0.1');
    await poll(() => clients.every(({ got }) => got.length === 1), { what: 'late replies' });
    expect(clients.map(({ got }) => got)).toEqual([['late 0'], ['late 1']]);
  });

  test('leaving answers everything received, also late, and receives no more while another socket shares the port', async () => {
    const slow: Answer = async (message) => {
      await systemClock.sleep(message.toString().startsWith('slow') ? 300 : 1);
      return Buffer.from(`old ${message}`);
    };
    const { server: old } = await open({ answer: slow });
    const clients = await Promise.all(Array.from({ length: 32 }, () => openClient()));
    const all = () => clients.flatMap(({ got }) => got);
    const sendAll = (text: string) =>
      Promise.all(clients.map(({ socket }) => new Promise((sent) => socket.send(text, old.port, '127.0.0.1', sent))));
    await sendAll('slow');
    await sendAll('queued');
    const { server: next } = await open({ port: old.port, answer: (message) => Buffer.from(`new ${message}`) });
    const left = old.leave(AbortSignal.timeout(4_000));
    for (let n = 0; n < 10; n += 1) await sendAll(`after ${n}`);
    await left;
    await old.close();
    await poll(() => all().length === 32 * 12, { what: 'every reply' });
    expect(all().filter((text) => text === 'old slow')).toHaveLength(32);
    expect(all().filter((text) => text === 'new after 9')).toHaveLength(32);
    expect(all().filter((text) => text.startsWith('old after'))).toEqual([]);
    await sendAll('alone');
    await poll(() => all().filter((text) => text === 'new alone').length === 32, { what: 'replies of the next one' });
    await next.close();
  });

  test('bound to the wildcard address, it still sends late replies after leaving', async () => {
    const { server } = await open({
      address: '0.0.0.0',
      answer: async (message) => {
        await systemClock.sleep(150);
        return message;
      },
    });
    const { socket, got } = await openClient();
    socket.connect(server.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.send('late');
    await systemClock.sleep(50);
    await server.leave(AbortSignal.timeout(4_000));
    await poll(() => got.length === 1, { what: 'the late reply' });
  });

  test('leaving ends with its signal if a query stays unanswered', async () => {
    const { server } = await open({ answer: () => new Promise(() => {}) });
    const { socket } = await openClient();
    socket.send('x', server.port, '127.0.0.1');
    await systemClock.sleep(30);
    await server.leave(AbortSignal.timeout(100));
    await server.leave(AbortSignal.timeout(100));
  });

  test('close() is idempotent, and leaving or answering after it does nothing', async () => {
    let answer = (_: Buffer): void => {};
    const { server } = await open({
      answer: () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    });
    const { socket } = await openClient();
    socket.send('x', server.port, '127.0.0.1');
    await systemClock.sleep(30);
    await Promise.all([server.close(), server.close()]);
    await server.close();
    await server.leave(AbortSignal.timeout(100));
    answer(Buffer.from('too late'));
    await systemClock.sleep(10);
    expect(server.losses().unsent).toBe(0);
  });

  test('IPv6 is answered on the general path', async () => {
    const { server } = await open({ address: '::1' });
    expect(server.mode).toBe('dgram');
    const { socket, got } = await openClient('::1');
    socket.send('fast', server.port, '::1');
    await poll(() => got.length === 1, { what: 'a reply' });
    expect(got).toEqual(['general 4']);
  });

  test('a port in use and a foreign address reject with the code of the error', async () => {
    const other = createSocket('udp4');
    const listening = once(other, 'listening');
    other.bind(0, '127.0.0.1');
    await listening;
    resources.add('other', () => other.close());
    await expect(open({ port: other.address().port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await expect(open({ address: '192.0.2.1', port: 5_300 })).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' });
  });

  test('datagrams dropped by a full queue in the kernel are counted', async () => {
    const { server } = await open({ fast: () => GENERAL_PATH, answer: () => null });
    const { socket } = await openClient();
    const before = server.losses().overflown;
    // Sent from one turn of the event loop, so that nothing is read meanwhile.
    for (let n = 0; n < 3_000; n += 1) socket.send(Buffer.alloc(8_000), server.port, '127.0.0.1');
    await poll(() => server.losses().overflown > before, { what: 'a count' });
  });
});
