import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { poll } from '../support/poll.ts';
import { startServer, type TestServer } from './serve.ts';
import { SHOP, WEB_1 } from './shop.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer(SHOP);
});
afterAll(() => server.server.close());

const UNHEALTHY = {
  ...SHOP,
  containers: SHOP.containers.map((one) => (one.id === WEB_1.id ? { ...one, health: 'unhealthy' as const } : one)),
};

/** A connection that collects the replies. */
async function open(port = server.port): Promise<{
  readonly socket: Socket;
  readonly text: () => string;
  readonly replies: (n: number) => Promise<string>;
}> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.setNoDelay(true);
  let text = '';
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1');
  });
  socket.on('error', () => undefined);
  const count = () => text.split('HTTP/1.1 ').length - 1;
  const replies = async (n: number): Promise<string> => {
    await poll(() => (count() >= n && text.length > 0) || socket.destroyed, { what: `${n} replies` });
    await sleep(5);
    return text;
  };
  return { socket, text: () => text, replies };
}

/** The reply to a request in one packet or, with `cut`, in two packets, which the HTTP library reads. */
async function replyTo(request: string, cut: number | null): Promise<string> {
  const { socket, replies } = await open();
  if (cut === null) socket.write(request);
  else {
    socket.write(request.slice(0, cut));
    await sleep(2);
    socket.write(request.slice(cut));
  }
  const text = await replies(1);
  socket.destroy();
  return text.replace(/^Date: .*$/m, 'Date');
}

const PATHS = [
  '/',
  '/latest',
  '/latest/',
  '/latest/version',
  '/latest/self/container',
  '/2015-12-19/containers',
  '/nope',
  '/latest/nope',
  '/latest//self',
  '/latest/self/../x',
  '/latest/services/WEB/scale',
  '/latest/%zz',
  '/latest/self?x=1',
  '*',
];
const HEADERS = [
  'Accept: application/json',
  'Accept: text/yaml;q=0.5, application/json;q=0.4',
  'accept:*/*',
  'X-Forwarded-For: 10.42.1.7',
  'X-Forwarded-For:',
  'User-Agent: x',
  'Host: second',
  'Connection: close',
  'Connection: keep-alive',
  'Content-Length: 0',
  'If-None-Match: *',
  'Expect: 100-continue',
  'Bad Name: x',
  'X: \x01',
  'Range: bytes=0-1',
];
const request = fc.record({
  method: fc.constantFrom('GET', 'GET', 'GET', 'HEAD', 'POST', 'get'),
  path: fc.constantFrom(...PATHS),
  headers: fc.array(fc.constantFrom(...HEADERS), { maxLength: 4 }),
  host: fc.boolean(),
  protocol: fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0'),
});

test('a request in one packet, in two packets and from the cache has the same reply, except for the date', async () => {
  await fc.assert(
    fc.asyncProperty(request, fc.nat(), async ({ method, path, headers, host, protocol }, at) => {
      const lines = [...(host ? ['Host: metadata'] : []), ...headers].map((line) => `${line}\r\n`).join('');
      const text = `${method} ${path} ${protocol}\r\n${lines}\r\n`;
      const library = sorted(await replyTo(text, 1 + (at % (text.length - 1))));
      expect(sorted(await replyTo(text, null))).toBe(library);
      expect(sorted(await replyTo(text, null))).toBe(library);
    }),
    { numRuns: 60, seed: 7 },
  );
});

/** The order of headers has no meaning [RFC 9110 §5.3]. */
function sorted(reply: string): string {
  const end = reply.indexOf('\r\n\r\n');
  if (end < 0) return reply;
  const [status = '', ...headers] = reply.slice(0, end).split('\r\n');
  return [status, ...headers.sort()].join('\n') + reply.slice(end);
}

describe('a cached reply', () => {
  const GET = 'GET /latest/self/container/health_state HTTP/1.1\r\nHost: m\r\nX-Forwarded-For: 10.42.1.7\r\n\r\n';

  test('is used until the state changes', async () => {
    const { socket, replies } = await open();
    for (let n = 1; n <= 3; n += 1) {
      socket.write(GET);
      expect((await replies(n)).split('\r\n\r\n').at(-1)).toBe('healthy');
    }
    server.show(UNHEALTHY);
    socket.write(GET);
    expect((await replies(4)).split('\r\n\r\n').at(-1)).toBe('unhealthy');
    server.show(SHOP);
    socket.write(GET);
    expect((await replies(5)).split('\r\n\r\n').at(-1)).toBe('healthy');
    socket.destroy();
  });
});

describe('a connection', () => {
  const ask = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: m\r\n${more}\r\n`;
  const NAME = ask('/latest/self/container/name', 'X-Forwarded-For: 10.42.1.7\r\n');

  test('moves to the HTTP library at the first request that is not plain, and replies in order', async () => {
    const { socket, replies } = await open();
    socket.write(NAME);
    await replies(1);
    socket.write(NAME + ask('/latest/region_name') + NAME);
    await replies(4);
    socket.write('POST /latest HTTP/1.1\r\nHost: m\r\nContent-Length: 0\r\n\r\n');
    const bodies = (await replies(5)).split('HTTP/1.1 ').map((reply) => reply.split('\r\n\r\n')[1]);
    expect(bodies.slice(1)).toEqual(['shop-web-1', 'shop-web-1', '', 'shop-web-1', '404 page not found\n']);
    socket.destroy();
  });

  test('replies to a request sent during a long poll after the long poll', async () => {
    const { body } = await server.get('/latest/version');
    const { socket, replies } = await open();
    socket.write(ask(`/latest/version?wait=true&value=${body}&maxWait=60`));
    await poll(() => server.server.stats().waiting === 1, { what: 'the long poll' });
    socket.write(NAME);
    await sleep(20);
    expect(await Promise.race([replies(1).then(() => 'early'), sleep(100).then(() => 'none')])).toBe('none');
    server.show(UNHEALTHY);
    const bodies = (await replies(2)).split('HTTP/1.1 ').map((reply) => reply.split('\r\n\r\n')[1]);
    expect(bodies[1]).not.toBe(body);
    expect(bodies[2]).toBe('shop-web-1');
    socket.destroy();
    server.show(SHOP);
  });

  test('keeps no listener of an answered long poll', async () => {
    const warnings: string[] = [];
    const note = ({ name }: Error): void => void warnings.push(name);
    process.on('warning', note);
    const { socket, replies } = await open();
    // Node warns once about an eleventh listener.
    for (let n = 1; n <= 12; n += 1) {
      const { body } = await server.get('/latest/version');
      socket.write(ask(`/latest/version?wait=true&value=${body}&maxWait=60`));
      await poll(() => server.server.stats().waiting === 1, { what: 'the long poll' });
      server.show(n % 2 === 1 ? UNHEALTHY : SHOP);
      await replies(n);
    }
    socket.destroy();
    await sleep(20);
    process.off('warning', note);
    expect(warnings).toEqual([]);
  });

  test('ends its long poll when it ends, and is closed when it sends without end during one', async () => {
    const { body } = await server.get('/latest/version');
    const [ended, sending] = [await open(), await open()];
    for (const { socket } of [ended, sending]) socket.write(ask(`/latest/version?wait=true&value=${body}&maxWait=60`));
    await poll(() => server.server.stats().waiting === 2, { what: 'both long polls' });
    ended.socket.destroy();
    for (let n = 0; n < 30 && !sending.socket.destroyed; n += 1) {
      sending.socket.write('x'.repeat(1_000));
      await sleep(2);
    }
    await poll(() => server.server.stats().waiting === 0, { what: 'the end of the long polls' });
    await poll(() => sending.socket.destroyed, { what: 'the sending connection to be closed' });
  });

  test('ends with the reply to its long poll when the server closes', async () => {
    const closing = await startServer(SHOP);
    const { body } = await closing.get('/latest/version');
    const { socket, replies } = await open(closing.port);
    const idle = await open(closing.port);
    socket.write(ask(`/latest/version?wait=true&value=${body}&maxWait=60`));
    await poll(() => closing.server.stats().waiting === 1, { what: 'the long poll' });
    const ended = once(socket, 'close');
    const start = performance.now();
    await closing.server.close();
    await ended;
    expect((await replies(1)).endsWith(body)).toBe(true);
    expect(idle.socket.destroyed || idle.socket.readableEnded).toBe(true);
    // Connections that do not end by themselves are closed after a second.
    expect(performance.now() - start).toBeLessThan(1_000);
  });
});
