import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { askHaproxy, followEvents, HaproxySilentError } from '../../haproxy/runtime-api.ts';
import { poll } from '../support/poll.ts';

let dir: string;
let path: string;
let server: Server;
let serve: (socket: Socket, line: string) => void;
const sockets = new Set<Socket>();
const signal = new AbortController().signal;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'drover-api-'));
  path = join(dir, 'api.sock');
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('data', (data) => serve(socket, data.toString()));
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
});

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
  await rm(dir, { recursive: true });
});

test('askHaproxy() gives the whole reply', async () => {
  serve = (socket, line) => {
    socket.write('reply to ');
    setImmediate(() => socket.end(line));
  };
  expect(await askHaproxy(path, 'show info;show stat', { signal })).toBe('reply to show info;show stat\n');
});

test('askHaproxy() gives up on silence, on an endless reply, when it is aborted, and without HAProxy', async () => {
  serve = () => {};
  await expect(askHaproxy(path, 'x', { signal, timeoutMs: 20 })).rejects.toThrow(HaproxySilentError);
  const end = new AbortController();
  const asked = askHaproxy(path, 'x', { signal: end.signal });
  end.abort();
  await expect(asked).rejects.not.toThrow(HaproxySilentError);
  serve = (socket) => {
    const write = (): void => {
      while (!socket.destroyed && socket.write('x'.repeat(10_000)));
    };
    socket.on('drain', write);
    write();
  };
  await expect(askHaproxy(path, 'x', { signal, maxBytes: 100_000 })).rejects.toThrow('more than 100000 bytes');
  await expect(askHaproxy(join(dir, 'none'), 'x', { signal })).rejects.toThrow('ENOENT');
});

test('followEvents() gives whole lines, drops one without an end, and tells the end of the stream', async () => {
  const lines: string[] = [];
  let connection: Socket | undefined;
  serve = (socket, line) => {
    connection = socket;
    socket.write(`${line}fir`);
    setImmediate(() => socket.write('st\nsecond\nthi'));
  };
  const { ended } = await followEvents(path, 'events', { onLine: (line) => lines.push(line), signal });
  await poll(() => lines.length === 3, { what: 'lines' });
  expect(lines).toEqual(['show events events -w -n', 'first', 'second']);
  connection?.write('x'.repeat(20_000));
  connection?.write('\nlast\n');
  await poll(() => lines.at(-1) === 'last', { what: 'the last line' });
  expect(lines.slice(3).join('').length).toBeLessThan(10_000);
  connection?.end();
  await ended;
});
