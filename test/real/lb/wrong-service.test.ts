import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LbTable } from '../../../lb/index.ts';
import type { Listener } from '../../../lb/table/table.ts';
import { NO_RULE_OPTIONS } from '../../../model/index.ts';
import { backend, listener, rule, server, table } from '../../lb/render/tables.ts';
import { freePort } from '../../support/free-port.ts';
import { type BalancedHost, startBalancedHost } from '../../support/lb/balanced-host.ts';
import { ask } from '../../support/lb/clients.ts';
import { startEcho } from '../../support/lb/upstreams.ts';
import { poll } from '../../support/poll.ts';
import { createResources, type Resources } from '../../support/resources.ts';

// No request gets a service that its rule does not name, also while names of backends change and a reload waits.

let resources: Resources;
let host: BalancedHost;
let port: number;
let ports: Readonly<Record<string, number>>;

beforeEach(async () => {
  resources = createResources();
  host = await startBalancedHost(resources, { oldConnectionsMs: 60_000, drainTimeoutMs: 1_000 });
  port = await freePort();
  ports = { one: await startEcho(resources, 'one'), two: await startEcho(resources, 'two') };
});
afterEach(() => resources.close());

interface Service {
  /** `*.test`: a wildcard; `test /x`: a path. */
  readonly name: string;
  readonly backend: string;
  readonly server: 'one' | 'two';
  readonly users?: readonly string[];
}

function front(services: readonly Service[], ...others: readonly Listener[]): LbTable {
  const backends = services.map(({ name, backend: backendName, server: at, users = [] }) =>
    backend(backendName, {
      rule: name,
      servers: [server('127.0.0.1', ports[at] ?? 0)],
      options: { ...NO_RULE_OPTIONS, basicAuth: users },
    }),
  );
  const rules = services.map(({ name, backend }) => {
    const [text = '', path] = name.split(' ');
    const kind = text.startsWith('*') ? ('suffix' as const) : ('exact' as const);
    return rule(name, {
      host: { kind, text: text.replace('*', '') },
      path: path === undefined ? null : { kind: 'prefix', text: path },
      backend,
    });
  });
  return table({
    listeners: [listener(port, { rules }), ...others],
    backends: backends.sort((a, b) => (a.name < b.name ? -1 : 1)),
  });
}

async function answer(name: string): Promise<string> {
  const { status, body } = await ask({ port, host: name, path: '/' });
  return status === 200 ? (JSON.parse(body) as { server: string }).server : String(status);
}

async function use(value: LbTable): Promise<void> {
  host.setTable(value);
  await host.settled();
}

/** Lets all further reloads wait. */
async function holdReloads(name: string, value: LbTable): Promise<void> {
  const socket: Socket = connect(port, '127.0.0.1');
  resources.add('WebSocket', () => socket.destroy());
  const headers = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='];
  socket.write(['GET / HTTP/1.1', `Host: ${name}`, ...headers, '', ''].join('\r\n'));
  expect(String(await once(socket, 'data'))).toContain(' 101 ');
  await use(value);
  expect(host.balancer.status().generations).toBe(2);
}

/** Asks all the time; gives the different answers of each host. */
function watch(names: readonly string[]): () => Promise<Readonly<Record<string, readonly string[]>>> {
  const end = new AbortController();
  resources.add('watchers', () => end.abort());
  const all = names.map(async (name) => {
    const seen = new Set<string>();
    // Once more after the end: the last change may have come after the last question.
    for (let isOver = false; !isOver; ) {
      isOver = end.signal.aborted;
      seen.add(await answer(name).catch(() => 'nothing'));
    }
    return [name, [...seen].sort()] as const;
  });
  return async () => {
    end.abort();
    return Object.fromEntries(await Promise.all(all));
  };
}

test('backends exchange their names at run time', async () => {
  const tables = [
    front([
      { name: 'a', backend: 'web', server: 'one' },
      { name: 'b', backend: 'api', server: 'two' },
    ]),
    front([
      { name: 'a', backend: 'api', server: 'one' },
      { name: 'b', backend: 'web', server: 'two' },
    ]),
  ] as const;
  await use(tables[0]);
  const watched = watch(['a', 'b', 'a', 'b']);
  for (let times = 0; times < 10; times += 1) {
    await use(tables[1]);
    await use(tables[0]);
  }
  expect(await watched()).toEqual({ a: ['one'], b: ['two'] });
  expect(host.balancer.status().reloads).toBe(0);
});

test('a reload waits while a name, an address or a password becomes that of another service', async () => {
  const extra = [listener(await freePort()), listener(await freePort())] as const;
  const before = [
    { name: 'a', backend: 'web', server: 'one' },
    { name: '*.w', backend: 'wild', server: 'one' },
    { name: 'p', backend: 'plain', server: 'one' },
    { name: 'q', backend: 'open', server: 'one' },
    { name: 'z /z', backend: 'z', server: 'one' },
  ] as const;
  await use(front([...before]));
  await holdReloads('a', front([...before], extra[0]));
  const watched = watch(['a', 'p', 'q']);
  host.setTable(
    front(
      [
        { name: 'b', backend: 'web', server: 'two' },
        { name: 'c', backend: 'c', server: 'one' },
        { name: 'z /z', backend: 'z', server: 'one' },
        { name: 'p', backend: 'plain', server: 'two', users: ['me:$5$x$y'] },
        { name: 'q', backend: 'open', server: 'two' },
        { name: 'q /secret', backend: 'secret', server: 'two', users: ['me:$5$x$y'] },
      ],
      ...extra,
    ),
  );
  await poll(async () => (await answer('c')) === 'one', { what: 'the new rule' });
  await poll(async () => (await answer('x.w')) === '503', { what: 'the end of the old wildcard' });
  await poll(async () => (await answer('a')) === '503', { what: 'the end of the old rule' });
  await poll(async () => (await answer('q')) === '503', {
    what: 'the end of the server beside a path with a password',
  });
  await poll(async () => (await answer('p')) === '503', { what: 'the end of the server without a password' });
  expect(await watched()).toEqual({ a: ['503', 'one'], p: ['503', 'one'], q: ['503', 'one'] });
  expect(host.balancer.status()).toMatchObject({ reloads: 1, generations: 2 });
});
