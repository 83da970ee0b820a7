import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { explainRequest, type LbTable } from '../../../lb/index.ts';
import type { Listener } from '../../../lb/table/table.ts';
import { NO_RULE_OPTIONS } from '../../../model/index.ts';
import { backend, listener, rule, server, table } from '../../lb/render/tables.ts';
import { freePort } from '../../support/free-port.ts';
import { type BalancedHost, startBalancedHost } from '../../support/lb/balanced-host.ts';
import { ask } from '../../support/lb/clients.ts';
import { startEcho } from '../../support/lb/upstreams.ts';
import { poll } from '../../support/poll.ts';
import { createRandom } from '../../support/random.ts';
import { createResources, type Resources } from '../../support/resources.ts';

// Rules of the usual kind come and go while HAProxy runs.

let resources: Resources;
let host: BalancedHost;
let port: number;
/** Ports of two servers, which name themselves. */
let echoPorts: readonly [number, number];

beforeEach(async () => {
  resources = createResources();
  host = await startBalancedHost(resources, { oldConnectionsMs: 20_000, drainTimeoutMs: 1_000 });
  port = await freePort();
  echoPorts = [await startEcho(resources, 'one'), await startEcho(resources, 'two')];
});
afterEach(() => resources.close());

const status = () => host.balancer.status();

/** `a`: a host; `a/x`: a path of it; `*.a`: a wildcard. */
function keyOf(text: string) {
  const [name = '', ...path] = text.split('/');
  const isWildcard = name.startsWith('*');
  return {
    host: { kind: isWildcard ? ('suffix' as const) : ('exact' as const), text: name.replace('*', '') },
    path: path.length > 0 ? { kind: 'prefix' as const, text: `/${path.join('/')}` } : null,
  };
}

/** Rules, each with a backend of its own. `+` at the end: it has the second server, `>`: it redirects. */
function front(rules: readonly string[], ...others: readonly Listener[]): LbTable {
  const parts = rules.map((text) => ({
    key: text.replace(/[+>]$/, ''),
    server: server('127.0.0.1', echoPorts[text.endsWith('+') ? 1 : 0]),
    options: { ...NO_RULE_OPTIONS, redirectHttps: text.endsWith('>') },
  }));
  return table({
    listeners: [listener(port, { rules: parts.map(({ key }) => rule(nameOf(key), keyOf(key))) }), ...others],
    backends: parts
      .map(({ key, server, options }) => backend(nameOf(key), { servers: [server], options }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  });
}
const nameOf = (key: string) => `b_${key.replaceAll(/\W/g, '_')}`;

/** The server that answers, else the status. */
async function answer(name: string, path = '/'): Promise<string> {
  const { status, body } = await ask({ port, host: name, path });
  return status === 200 ? (JSON.parse(body) as { server: string }).server : String(status);
}

async function use(value: LbTable): Promise<void> {
  host.setTable(value);
  await host.settled();
}

async function openWebSocket(name: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  resources.add('WebSocket', () => socket.destroy());
  const headers = [
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ];
  socket.write(['GET / HTTP/1.1', `Host: ${name}`, ...headers, '', ''].join('\r\n'));
  const [head] = (await once(socket, 'data')) as [Buffer];
  expect(head.toString()).toContain(' 101 ');
  return socket;
}

async function isEchoed(socket: Socket): Promise<boolean> {
  socket.write('hello');
  const [reply] = (await once(socket, 'data', { signal: AbortSignal.timeout(5_000) })) as [Buffer];
  return reply.toString() === 'hello';
}

test('Q4 Q5 a rule comes and goes without a reload, while connections hold the worker before a reload', async () => {
  const other = listener(await freePort());
  await use(front(['a']));
  const before = await openWebSocket('a');
  await use(front(['a'], other));
  expect(status()).toMatchObject({ reloads: 1, generations: 2 });
  const after = await openWebSocket('a');

  const beganAt = performance.now();
  host.setTable(front(['a', 'b+'], other));
  await poll(async () => (await answer('b')) === 'two', { what: 'the rule', intervalMs: 2 });
  expect(performance.now() - beganAt).toBeLessThan(1_000);
  await host.settled();
  expect(status()).toMatchObject({ reloads: 1, generations: 2 });
  const rows = await host.balancer.readStat(AbortSignal.timeout(5_000));
  expect(rows?.filter(({ pxname }) => pxname === 'b_b').map(({ svname }) => svname)).toEqual([
    `127.0.0.1:${echoPorts[1]}`,
    'BACKEND',
  ]);
  expect(rows?.filter(({ pxname }) => pxname.startsWith('drover:'))).toEqual([]);

  host.setTable(front(['a', 'b+', 'c'], other, listener(await freePort())));
  await poll(async () => (await answer('c')) === 'one', { what: 'the rule beside a change that waits for a reload' });
  expect(status()).toMatchObject({ reloads: 1, generations: 2 });

  await host.leave();
  host.enter();
  await use(front(['a', 'b'], other));
  expect([await answer('a'), await answer('b')]).toEqual(['one', 'one']);
  await use(front(['a'], other));
  expect([await answer('a'), await answer('b')]).toEqual(['one', '503']);
  await poll(async () => !(await host.ask('show servers state')).includes(`:${echoPorts[1]} `), {
    what: 'its removal',
  });
  expect(status()).toMatchObject({ reloads: 0, generations: 2 });
  expect([await isEchoed(before), await isEchoed(after)]).toEqual([true, true]);
});

test('rules that came at run time are there after a crash of HAProxy', async () => {
  await use(front(['a']));
  await use(front(['a', 'b+', 'c>']));
  await poll(async () => (await readFile(host.files.config, 'utf8')).includes('backend b_c '), { what: 'the file' });
  const [worker] = /(?<=^Pid: )\d+/m.exec(await host.ask('show info')) ?? [];
  process.kill(Number(worker), 'SIGKILL');
  await poll(async () => !(await host.ask('show info')).includes(`Pid: ${worker}\n`), { what: 'another worker' });
  const answers = () => Promise.all([answer('a'), answer('b'), answer('c')]).catch(() => []);
  await poll(async () => (await answers()).join() === 'one,two,301', { what: 'all rules' });
  await host.settled();
  expect(await answers()).toEqual(['one', 'two', '301']);
  expect(status().reloads).toBe(0);
});

test('one reload follows if more rules come than HAProxy has spare sections', async () => {
  await use(front(['a']));
  const rules = Array.from({ length: 20 }, (_, at) => `h${at}${at % 2 === 0 ? '' : '+'}`);
  await use(front(['a', ...rules]));
  const asked = (await Promise.all(rules.map((_, at) => answer(`h${at}`)))).join();
  expect(asked).toBe(rules.map((_, at) => (at % 2 === 0 ? 'one' : 'two')).join());
  expect(status().reloads).toBe(1);
  await use(front(['a', ...rules, 'more+']));
  expect([await answer('a'), await answer('more')]).toEqual(['one', 'two']);
  expect(status()).toMatchObject({ reloads: 1, reloadFailures: 0 });
});

test('random rules that come and go one after the other have the effect that the table says', async () => {
  const random = createRandom(11);
  const KEYS = ['a', 'a/x', 'a/x/y', 'b', 'b/x', 'c', 'c/~u/1.2/%20+@:=,-'];
  const ASKED = ['a', 'b', 'c', 'd'].flatMap((name) =>
    ['/', '/x', '/X/y/z', '/~u/1.2/%20+@:=,-z'].map((path) => ({ host: name, path })),
  );
  for (let step = 0; step < 40; step += 1) {
    const keys = KEYS.filter(() => random.below(2) === 0).sort((x, y) => y.length - x.length);
    const marks = ['', '', '+', '+', '>'] as const;
    const wildcard = step % 20 === 10 ? ['*a'] : [];
    const value = front(['z/z', ...keys.map((key) => key + marks[random.below(5)]), ...wildcard]);
    await use(value);
    const expected = ASKED.map((asked) => {
      const { backend } = explainRequest(value, { port, ...asked, protocol: 'http' });
      if (backend?.options.redirectHttps) return '301';
      return backend === null ? '503' : backend.servers[0]?.port === echoPorts[0] ? 'one' : 'two';
    });
    const answers = await Promise.all(ASKED.map((asked) => answer(asked.host, asked.path)));
    expect({ step, answers }).toEqual({ step, answers: expected });
  }
  expect(status().reloadFailures).toBe(0);
  expect(status().reloads).toBeLessThan(20);
});
