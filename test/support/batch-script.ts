/**
 * Runs as a separate process: uses the UDP addon in ways that might crash a process, and prints `done`.
 *
 *   node batch-script.ts SCENE
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import type { UdpBatchAddon } from '../../dns/listen/udp-batch.ts';
import { loadAddon } from '../../dns/native/load.ts';
import { poll } from './poll.ts';

function theAddon(): UdpBatchAddon {
  const loaded = loadAddon<UdpBatchAddon>('udp-batch');
  if (!loaded.ok) throw new Error(loaded.problem.what);
  return loaded.value;
}

/** An echo server that first calls `onBatch`. */
function openEcho(sendBuffer: number, onBatch: (count: number) => void = () => {}, address = '127.0.0.1') {
  const addon = theAddon();
  const { slots, rxSlot, txSlot } = addon;
  const [rx, tx] = [new Uint8Array(slots * rxSlot), new Uint8Array(slots * txSlot)];
  const [rxLengths, txLengths] = [new Int32Array(slots), new Int32Array(slots)];
  const echo = (count: number): void => {
    for (let slot = 0; slot < count; slot += 1) {
      const length = Math.min(rxLengths[slot] ?? 0, txSlot);
      tx.set(rx.subarray(slot * rxSlot, slot * rxSlot + length), slot * txSlot);
      txLengths[slot] = length;
    }
    onBatch(count);
  };
  const [sources, ports] = [new Uint32Array(slots), new Uint32Array(slots)];
  const at = [address, 0, true, sendBuffer] as const;
  const handle = addon.open(...at, rx, tx, rxLengths, txLengths, sources, ports, echo);
  return { addon, handle, port: addon.port(handle) };
}

async function openClient(): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20, sendBufferSize: 4 << 20 });
  const listening = once(socket, 'listening');
  socket.bind(0, '127.0.0.1');
  await listening;
  return socket;
}

const SCENES: Readonly<Record<string, () => Promise<void>>> = {
  /** On a slow network (a queue on lo) the socket is full: replies wait, and none is lost or duplicated. */
  pressure: async () => {
    const { addon, handle, port } = openEcho(1);
    const client = await openClient();
    const got = new Map<string, number>();
    client.on('message', (message) => {
      const number = message.subarray(0, 5).toString();
      got.set(number, (got.get(number) ?? 0) + 1);
    });
    const count = 300;
    for (let n = 0; n < count; n += 1) {
      const message = Buffer.alloc(1_000, 'x');
      message.write(String(n).padStart(5, '0'));
      client.send(message, port, '127.0.0.1');
    }
    await poll(() => got.size === count, { what: 'every reply', timeoutMs: 20_000 });
    if ([...got.values()].some((times) => times !== 1)) throw new Error('a reply came twice');
    if (addon.unsent(handle) !== 0) throw new Error(`${addon.unsent(handle)} replies were given up`);
    addon.close(handle);
    client.close();
  },
  /** Bound to no address: replies come from the queried address, not from the route's, also late and after leaving. */
  wildcard: async () => {
    let asked = 0;
    const echo = openEcho(
      0,
      () => {
        asked = echo.addon.asked(echo.handle, 0);
      },
      '0.0.0.0',
    );
    const { addon, handle, port } = echo;
    const client = await openClient();
    client.connect(port, '10.9.9.1');
    await once(client, 'connect');
    const early = once(client, 'message');
    client.send('early');
    await early;
    if (asked !== 0x0a090901) throw new Error(`asked at ${asked}`);
    for (const left of [false, true]) {
      if (left) addon.leave(handle);
      const late = once(client, 'message');
      if (!addon.send(handle, Buffer.from('late'), 0x7f000001, client.address().port, asked))
        throw new Error('not sent');
      await late;
    }
    addon.close(handle);
    client.close();
  },
  /**
   * Bursts of a few clients to two addresses of a server that is bound to neither: replies that are sent together to one
   * client are split correctly for any sizes and source addresses.
   */
  groups: async () => {
    let largest = 0;
    const { addon, handle, port } = openEcho(
      0,
      (count) => {
        largest = Math.max(largest, count);
      },
      '0.0.0.0',
    );
    const sizes = [60, 120, 120, 120, 121, 119, 1_000, 1_000, 1_300, 13, 13, 900];
    const sent: string[] = [];
    const got: string[] = [];
    const clients = await Promise.all(Array.from({ length: 4 }, openClient));
    for (const [number, client] of clients.entries())
      client.on('message', (message, { address }) => got.push(`${number} ${address} ${message.toString('latin1')}`));
    for (let burst = 0; burst < 40; burst += 1) {
      for (let n = 0; n < 30; n += 1) {
        const number = Math.floor(n / 5 + burst) % clients.length;
        const address = (n + burst) % 7 < 5 ? '127.0.0.1' : '10.9.9.1';
        const text = `${burst} ${n} `.padEnd(sizes[(n * (burst + 1)) % sizes.length] ?? 0, 'x');
        sent.push(`${number} ${address} ${text}`);
        clients[number]?.send(Buffer.from(text, 'latin1'), port, address);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    await poll(() => got.length >= sent.length, { what: 'every reply', timeoutMs: 20_000 });
    if (sent.sort().join('\n') !== got.sort().join('\n')) throw new Error('replies are not what was asked');
    if (largest < 5) throw new Error(`no batch was larger than ${largest}`);
    if (addon.unsent(handle) !== 0) throw new Error(`${addon.unsent(handle)} replies were given up`);
    addon.close(handle);
    for (const client of clients) client.close();
  },
  /** Workers that exit, and are terminated, in the middle of their work. */
  workers: async () => {
    const client = await openClient();
    for (let round = 0; round < 20; round += 1) {
      const worker = new Worker(new URL(import.meta.url), { argv: ['inside'] });
      const [port] = (await once(worker, 'message')) as [number];
      const flood = setInterval(() => {
        for (let n = 0; n < 50; n += 1) client.send(round % 3 === 0 ? 'end' : 'x', port, '127.0.0.1');
      }, 1);
      await new Promise((resolve) => setTimeout(resolve, 10));
      await worker.terminate();
      clearInterval(flood);
    }
    client.close();
  },
  /** In each worker of `workers`. */
  inside: async () => {
    const echo = openEcho(0);
    parentPort?.postMessage(echo.port);
    await once(process, 'never');
  },
  /** Repeatedly closes a socket inside a batch, and drops handles. */
  closing: async () => {
    const client = await openClient();
    for (let round = 0; round < 300; round += 1) {
      const closed = Promise.withResolvers<void>();
      const echo = openEcho(0, () => {
        echo.addon.close(echo.handle);
        echo.addon.close(echo.handle);
        closed.resolve();
      });
      client.send('x', echo.port, '127.0.0.1');
      await closed.promise;
      if (echo.addon.send(echo.handle, Buffer.from('x'), 0x7f000001, 9, 0)) throw new Error('a closed socket sends');
      if (round % 50 === 0) globalThis.gc?.();
    }
    globalThis.gc?.();
    client.close();
  },
  /** An exception in a callback is an uncaught exception of the process, and the socket keeps working. */
  throwing: async () => {
    const caught: string[] = [];
    process.on('uncaughtException', (error) => caught.push(error.message));
    let calls = 0;
    const { addon, handle, port } = openEcho(0, () => {
      calls += 1;
      if (calls === 1) throw new Error('thrown in a batch');
    });
    const client = await openClient();
    const replies = once(client, 'message');
    const timer = setInterval(() => client.send('x', port, '127.0.0.1'), 5);
    await replies;
    clearInterval(timer);
    if (caught.join() !== 'thrown in a batch') throw new Error(`caught: ${caught.join()}`);
    addon.close(handle);
    client.close();
  },
};

const scene = process.argv.at(-1) ?? '';
await SCENES[scene]?.();
if (isMainThread) console.log('done');
