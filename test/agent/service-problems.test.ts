import { expect, test } from 'vitest';
import { countEndpoints, listServices } from '../../agent/control/listing.ts';
import { findFailingServices, findUnsharedServices } from '../../agent/control/service-problems.ts';
import { formatProblem } from '../../model/index.ts';
import { viewOf } from '../../view/index.ts';
import { at, container, declaration, links, network, snapshot, type World } from '../view/world.ts';

const viewOn = (world: World) => viewOf(snapshot(world), 'a');
const failing = { health: 'unhealthy' } as const;
const never = { health: 'unhealthy', wasReady: false } as const;

test('findFailingServices() tells the services of this host without a ready endpoint, if checks fail', () => {
  const view = viewOn({
    containers: [
      container('a1', 's/all', '10.42.1.1', failing),
      container('a2', 's/all', '10.42.1.2', failing),
      container('n1', 's/never', '10.42.1.3', never),
      container('n2', 's/never', '10.42.1.4', { health: 'initializing', wasReady: false }),
      container('o1', 's/one', '10.42.1.5', failing),
      container('o2', 's/one', '10.42.2.5', { hostId: 'b' }),
      container('i1', 's/starting', '10.42.1.6', { health: 'initializing', wasReady: false }),
      container('d1', 's/down', null, { state: 'stopped', health: 'unhealthy' }),
      container('b1', 's/away', '10.42.2.7', { ...failing, hostId: 'b' }),
      container('alone', null, '10.42.1.8', failing),
      container('k1', 's/known', '10.42.1.9', { ...failing, labels: { 'drover.health.port': '80' } }),
    ],
  });
  expect(findFailingServices(view).map(formatProblem)).toEqual([
    "service s/all: 0 of 2 endpoints are ready: the health checks of 2 fail; DNS still answers those that were ready before; find out why: `docker inspect --format '{{json .State.Health}}' a1`",
    'service s/known: 0 of 1 endpoints are ready: the health checks of 1 fail; DNS still answers those that were ready before; find out why: `drover health s/known`',
    "service s/never: 0 of 2 endpoints are ready: the health checks of 1 fail; its name has no addresses; find out why: `docker inspect --format '{{json .State.Health}}' n1`",
  ]);
});

const RED = [at('red', '172.18.0.1')];
const UNSHARED: World = {
  networks: [network('a', 'red'), network('a', 'blue')],
  containers: [
    container('db', 's/db', null, { addresses: RED }),
    container('app', 's/app', null, { addresses: [at('red', '172.18.0.2'), at('blue', '172.19.0.2')] }),
    ...[1, 2, 3, 4].map((n) => container(`proxy${n}`, 's/proxy', null, { addresses: [at('blue', `172.19.0.1${n}`)] })),
    container('hosted', 's/hosted', null, { networkMode: 'host' }),
    container('gone', 's/gone', null, { state: 'stopped' }),
    container('other', 't/other', null, { addresses: [at('blue', '172.19.0.3')] }),
    container('linking', 't/linking', null, { addresses: [at('blue', '172.19.0.4')] }),
  ],
  declarations: [declaration('t/linking', { links: links('s/db') }), declaration('s/ext', { kind: 'externalService' })],
};

test('findUnsharedServices() tells the clients in the same stack, and those that link to the service', () => {
  expect(findUnsharedServices(viewOn(UNSHARED)).map(formatProblem)).toEqual([
    'service s/proxy: no address for db: no shared network; attach both to `net-managed`; no action needed if they do not connect to each other',
    'service s/db: no address for linking, proxy1, proxy2 and 2 more: no shared network; attach both to `net-managed`; no action needed if they do not connect to each other',
  ]);
  const shared = (UNSHARED.containers ?? []).map((one) => ({ ...one, addresses: [...one.addresses, ...RED] }));
  expect(findUnsharedServices(viewOn({ ...UNSHARED, containers: shared }))).toEqual([]);
});

test('listServices() counts the ready endpoints, and gives the host name of external services and their aliases', () => {
  const view = viewOn({
    containers: [
      container('w1', 's/web', '10.42.1.1', failing),
      container('w2', 's/web', '10.42.1.2', failing),
      container('m1', 's/mixed', '10.42.1.3'),
      container('m2', 's/mixed', '10.42.1.4', never),
      container('far', 's/far', null, { hostId: 'b', addresses: [at('net-bridge', '172.17.0.2')] }),
    ],
    declarations: [
      declaration('s/site', { kind: 'externalService', hostname: 'www.example.com.' }),
      declaration('s/ips', { kind: 'externalService', externalIps: ['203.0.113.1'] }),
      declaration('s/alias', { kind: 'dnsService', links: links('s/site') }),
      declaration('s/vip', { vip: '10.1.1.1' }),
    ],
  });
  const rows = listServices(view, new Map());
  const text = rows.map(({ service, ready, answered, total, externalName }) =>
    `${service} ${ready}/${total} ${answered} ${externalName ?? ''}`.trim(),
  );
  expect(text).toEqual([
    'alias 0/0 0 www.example.com',
    'far 0/1 0',
    'ips 1/1 1',
    'mixed 1/2 1',
    'site 0/0 0 www.example.com',
    'vip 1/1 1',
    'web 0/2 2',
  ]);
  expect(rows, 'the same numbers as in the metrics').toMatchObject(countEndpoints(view));
});
