import { once } from 'node:events';
import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startDaemon } from '../support/daemon.ts';
import { poll } from '../support/poll.ts';
import { corpus } from './corpus.ts';
import { startServer, type TestServer } from './serve.ts';
import { SHOP } from './shop.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer(SHOP, { maxConnectionsPerClient: 1_000 });
});
afterAll(() => server.server.close());

/** Recorded requests and made-up ones. */
const seeds: readonly string[] = [
  ...corpus.map(({ req }) => {
    const headers = req.headers.filter(([name]) => name !== 'Connection').map((pair) => `${pair.join(': ')}\r\n`);
    return `${req.method} ${req.target} ${req.proto ?? 'HTTP/1.1'}\r\n${headers.join('')}\r\n${req.body ?? ''}`;
  }),
  'POST /latest/version HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  'PUT /latest/version HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello',
  'DELETE /latest/containers/0 HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET /latest/version?snapshot=new HTTP/1.1\r\nHost: x\r\n\r\n',
  `GET /latest/${'a/'.repeat(2_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
  `GET /latest/version HTTP/1.1\r\nHost: x\r\n${'X-Long: y\r\n'.repeat(3_000)}\r\n`,
  'GET /latest/version?wait=true&value=x&maxWait=99999999999999999999 HTTP/1.1\r\nHost: x\r\n\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
];

/** A request that is cut, doubled, changed in some bytes, or joined with another one. */
const request: fc.Arbitrary<Buffer> = fc
  .record({
    parts: fc.array(fc.constantFrom(...seeds), { minLength: 1, maxLength: 3 }),
    cut: fc.oneof({ weight: 3, arbitrary: fc.constant(1) }, fc.double({ min: 0, max: 1, noNaN: true })),
    changes: fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: 255 })), {
      maxLength: 4,
    }),
  })
  .map(({ parts, cut, changes }) => {
    const bytes = Buffer.from(parts.join(''), 'latin1');
    for (const [at, byte] of changes) bytes[Math.floor(at * (bytes.length - 1))] = byte;
    return bytes.subarray(0, Math.ceil(bytes.length * cut));
  });

/** Sends a request in two packets, and disconnects after a moment if the server does not. Resolves with the reply. */
async function offend(bytes: Buffer): Promise<string> {
  const socket = connect(server.port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('error', () => undefined).on('data', (chunk: Buffer) => chunks.push(chunk));
  const closed = once(socket, 'close');
  socket.write(bytes.subarray(0, bytes.length >> 1));
  setImmediate(() => socket.write(bytes.subarray(bytes.length >> 1)));
  socket.setTimeout(60, () => socket.destroy());
  await closed;
  return Buffer.concat(chunks).toString('latin1');
}

test('Q34 any bytes get whole replies or the end of the connection; the server does not fail and keeps no connection', async () => {
  const before = await server.json('/latest');
  const AT_ONCE = 32;
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: AT_ONCE, maxLength: AT_ONCE }), async (requests) => {
      for (const reply of await Promise.all(requests.map(offend)))
        if (reply !== '') expect(reply).toMatch(/^HTTP\/1\.1 [1-5]\d\d /);
    }),
    { numRuns: 100, seed: 1, interruptAfterTimeLimit: 30_000 },
  );
  expect(server.server.stats().failed).toBe(0);
  expect(await server.json('/latest')).toEqual(before);
  await poll(() => server.server.stats().connections === 0, { what: 'the end of all connections' });
  expect(server.server.stats().waiting).toBe(0);
});

/** A child process, because of the file descriptors: opens connections from many addresses and sends nothing. */
const CROWD = `
import { connect } from 'node:net';
import { once } from 'node:events';
const [port, count] = process.argv.slice(1).map(Number);
for (let n = 0; n < count; n += 200) {
  const localAddress = '127.0.2.' + (1 + n / 200);
  const sockets = Array.from({ length: 200 }, () => connect({ host: '127.0.0.1', port, localAddress }));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
}
console.log('there');
`;

test('Q34 the server answers while ten thousand connections are open and silent', async () => {
  const args = ['--input-type=module', '-e', CROWD, String(server.port), '10000'];
  const crowd = startDaemon(process.execPath, args);
  try {
    const { stats } = server.server;
    // The kernel completes connections before the server accepts them.
    await poll(() => crowd.stdout().includes('there') && stats().connections === 10_000, {
      what: 'all silent connections',
      timeoutMs: 30_000,
      giveUp: crowd.assertRunning,
    });
    const start = performance.now();
    for (let n = 0; n < 20; n += 1) expect((await server.get('/latest/self/host/name')).status).toBe(200);
    expect((performance.now() - start) / 20).toBeLessThan(100);
  } finally {
    await crowd.stop();
  }
  await poll(() => server.server.stats().connections === 0, {
    what: 'the end of the silent connections',
    timeoutMs: 20_000,
  });
});
