import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startDaemon } from '../support/daemon.ts';
import { startEcho } from '../support/lb/echo-process.ts';
import { type Load, type LoadOrder, startLoad } from '../support/lb/load.ts';
import { formatLoad, type LoadTally } from '../support/lb/tally.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';

const resources = createResources();
const place = { start: startDaemon };
let port = 0;

beforeAll(async () => {
  port = await startEcho(resources);
});
afterAll(() => resources.close());

function orderTo(to: number, more: Partial<LoadOrder> = {}): LoadOrder {
  const target = { protocol: 'http', address: '127.0.0.1', port: to, host: 'web.example', service: 'web' } as const;
  return { targets: [target], perSecond: 100, webSockets: 0, uploads: 0, uploadSeconds: 1, ...more };
}

/** A proxy that does something to one of many connections. */
async function startFaulty(act: (client: Socket, forward: () => void, number: number) => void): Promise<number> {
  let number = 0;
  const server = createServer((client) => {
    number += 1;
    client.on('error', () => client.destroy());
    act(client, () => client.pipe(connect(port, '127.0.0.1').on('error', () => client.destroy())).pipe(client), number);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  resources.add('faulty proxy', () => server.close());
  return (server.address() as AddressInfo).port;
}

async function until(load: Load, what: string, reached: (tally: LoadTally) => boolean): Promise<void> {
  await poll(() => reached(load.current()), { what });
}

test('nothing fails at an app that works: requests, WebSockets and slow uploads', async () => {
  const load = await startLoad(resources, place, orderTo(port, { webSockets: 3, uploads: 2 }));
  await until(load, 'work of all clients', ({ requests, webSockets, uploads }) => {
    return requests > 200 && webSockets > 1 && uploads > 1;
  });
  const result = await load.stop();
  expect(result.failures).toEqual([]);
  expect(result.messages).toBeGreaterThan(20);
  expect(formatLoad(result)).toMatch(
    /^\d+ requests \(p50 .* ms\), \d+ WebSockets with \d+ messages, \d+ slow uploads, served by 1 processes: 0 failed$/,
  );
});

test('each failure is counted with its kind, and nothing is repeated', async () => {
  const faulty = await startFaulty((client, forward, number) => {
    const fault = number % 10;
    if (fault === 3) client.once('data', () => client.resetAndDestroy());
    else if (fault === 6) client.once('data', () => client.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{'));
    else if (fault === 9) client.once('data', () => client.end());
    else forward();
  });
  const load = await startLoad(resources, place, orderTo(faulty));
  await until(load, 'failures', ({ failed }) => failed > 10);
  const { failures } = await load.stop();
  expect(new Set(failures.map(({ kind }) => kind))).toEqual(new Set(['reset', 'early close']));
  expect(failures.every(({ atMs }) => Date.now() - atMs < 60_000)).toBe(true);
});

test('a status of 500 or more, the reply of another service, and a wrong body are failures', async () => {
  const other = await startEcho(resources, { SERVICE: 'other' });
  const replies = [
    'HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno',
    'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno',
  ];
  const [unavailable, nonsense] = await Promise.all(
    replies.map((reply) => startFaulty((client) => client.once('data', () => client.end(reply)))),
  );
  for (const [to, kind] of [
    [other, 'wrong service'],
    [unavailable, 'status'],
    [nonsense, 'wrong body'],
    [1, 'refused'],
  ] as const) {
    const load = await startLoad(resources, place, orderTo(to ?? 0));
    await until(load, kind, ({ failed }) => failed > 0);
    const { failures } = await load.stop();
    expect(new Set(failures.map((failure) => failure.kind))).toEqual(new Set([kind]));
  }
});

test('a WebSocket and an upload whose server goes away fail', async () => {
  const faulty = await startFaulty((client, forward) => {
    forward();
    setTimeout(() => client.destroy(), 500);
  });
  const load = await startLoad(resources, place, orderTo(faulty, { perSecond: 0, webSockets: 1, uploads: 1 }));
  await until(load, 'both', ({ webSockets, uploads }) => webSockets > 0 && uploads > 0);
  const { failures } = await load.stop();
  expect(new Set(failures.map(({ client }) => client))).toEqual(new Set(['WebSocket', 'upload']));
  // A connection that is closed with unread bytes is reset.
  for (const { kind } of failures) expect(['early close', 'reset']).toContain(kind);
});
