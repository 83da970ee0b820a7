import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { afterAll, expect, test } from 'vitest';
import { parseStatRows } from '../../../haproxy/index.ts';
import { sourceServer } from '../../../lb/index.ts';
import { serverArguments } from '../../../lb/render/index.ts';
import { NO_RULE_OPTIONS } from '../../../model/index.ts';
import { backend, listener, rule, server, table } from '../../lb/render/tables.ts';
import { freePort } from '../../support/free-port.ts';
import { startBalancer } from '../../support/lb/balancer.ts';
import { type Echo, startEcho } from '../../support/lb/upstreams.ts';
import { createResources } from '../../support/resources.ts';

// HAProxy gives all servers that are added at run time the same places on the ring, unless they have ids.

const resources = createResources();
afterAll(() => resources.close());

/** Clients of the loopback network. */
const CLIENTS = [
  '::1',
  ...Array.from({ length: 80 }, (_, at) => `127.${at + 1}.${(at * 37) % 256}.${(at * 101) % 255}`),
];

test('balance source uses servers that are added at run time, and sourceServer() names the one of each client', async () => {
  const names = ['one', 'two', 'three', 'four', 'five', 'six'];
  const ports = await Promise.all(names.map((name) => startEcho(resources, name)));
  const [first, second, ...others] = ports.map((port, at) => server('127.0.0.1', port, { weight: 1 + (at % 2) }));
  if (!first || !second) throw new Error('no servers');
  const port = await freePort();
  const options = { ...NO_RULE_OPTIONS, balance: 'source' as const };
  const balancer = await startBalancer(
    resources,
    table({
      listeners: [listener(port, { rules: [rule('shop/web', { backend: 'web' })] })],
      backends: [backend('web', { options, servers: [first, second] })],
    }),
  );
  const { serverParameters = '' } = balancer.config.backends.get('web') ?? {};
  await balancer.ask(`set server web/${first.name} state maint; del server web/${first.name}`);
  for (const added of others) {
    const name = `web/${added.name}`;
    await balancer.ask(`add server ${name} ${serverArguments(added, serverParameters)}; enable server ${name}`);
  }
  const rows = parseStatRows(await balancer.ask('show stat web 4 -1'), ['svname', 'sid', 'weight']) ?? [];
  const hashed = rows.map(({ svname, sid, weight }) => ({ name: svname, id: Number(sid), weight: Number(weight) }));
  const nameAt = new Map(names.map((name, at) => [name, `127.0.0.1:${ports[at]}`]));
  const chosen: (string | undefined)[] = [];
  for (const client of CLIENTS) {
    const host = client === '::1' ? client : '127.0.0.1';
    const request = get({ host, port, localAddress: client, agent: false });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    chosen.push(nameAt.get(((await json(response)) as Echo).server));
  }
  expect(chosen).toEqual(CLIENTS.map((client) => sourceServer(hashed, client)));
  expect(new Set(chosen)).toEqual(new Set([second, ...others].map(({ name }) => name)));
});
