import { describe, expect, test } from 'vitest';
import type { Container, ContainerAddress } from '../../model/index.ts';
import { type DependencyKey, lookupName, scopeOf, viewOf } from '../../view/index.ts';
import { at, container, declaration, MANAGED, network, snapshot } from './world.ts';

/** Networks `front`, `back.end` (internal) and `bridge`, which is Docker's default one. */
const NETWORKS = [network('a', 'front'), network('a', 'back.end', { internal: true }), network('a', 'bridge')];

function on(networkId: string, ipv4: string, ...aliases: string[]): ContainerAddress {
  return { ...at(networkId, ipv4), ...(aliases.length > 0 ? { aliases } : {}) };
}

const ID = '0123456789ab'.padEnd(64, 'c');
const APP = container('app', 'shop/app', null, { addresses: [on('front', '10.0.1.1'), on('back.end', '10.0.2.1')] });
const WEB = container(ID, 'shop/web', null, {
  name: 'shop-web-1',
  serviceIndex: 1,
  hostname: 'Kafka',
  addresses: [on('front', '10.0.1.2', 'web', 'Store', 'api.shop.example', 'redis', 'db', 'app')],
});
const SPARE = container('spare', 'shop/spare', null, {
  name: 'spare',
  addresses: [on('back.end', '10.0.2.3', 'store'), on('front', '10.0.1.3', 'pool')],
});
const POOL = container('pool2', null, null, { name: 'pool2', addresses: [on('front', '10.0.1.4', 'pool')] });
const STOPPING = container('leaving', null, null, {
  state: 'stopping',
  addresses: [on('front', '10.0.1.5', 'moved'), on('back.end', '10.0.2.5')],
});
const MOVED = container('moved2', null, null, { addresses: [on('back.end', '10.0.2.6', 'moved')] });
/** By its usual aliases: a container of Compose, one of a Swarm stack. */
const USUAL = container('usual', 'blog/db', null, {
  name: 'blog-db-3',
  serviceIndex: 3,
  hostname: 'blog-db',
  addresses: [on('front', '10.0.1.7')],
});
const TASK = container('task', 'swarm/api', null, {
  name: `swarm_api.2.${'x1'.padEnd(25, 'y')}`,
  addresses: [on('front', '10.0.1.8')],
});
const LONE = container('lone', null, null, { addresses: [on('bridge', '172.17.0.9', 'alone')] });
/** Only on a network of its own, under names that others on `front` have in Docker. */
const FAR = container('far', 'redis/x', null, { name: 'pool', addresses: [at('other', '10.0.3.1')] });
const FAR_DB = container('fardb', 'shop/db', null, { name: 'shop-db-1', addresses: [at('other', '10.0.3.2')] });
const REMOTE = container('remote', null, '10.42.2.1', { hostId: 'b', name: 'moved' });
const ALL = [APP, WEB, SPARE, POOL, STOPPING, MOVED, USUAL, TASK, LONE, FAR, FAR_DB];
const VIEW = viewOf(snapshot({ networks: NETWORKS, containers: ALL }), 'a');

function meaning(asker: Container | null, name: string, view = VIEW): string {
  const { meaning: found } = lookupName(view, scopeOf(view, asker), name);
  if (found.kind === 'service') return `service ${found.services.map(({ key }) => key).join(' ')}`;
  if (found.kind !== 'container') return found.kind;
  const names = found.containers.map(({ name: one }) => one.slice(0, 12)).join(' ');
  return found.network === undefined ? `container ${names}` : `${names} on ${found.network}`;
}

describe("a name of Docker's resolver", () => {
  test.each<[Container | null, string, string]>([
    // An alias, in any case, with and without the network, and as a client completes it.
    [APP, 'store', 'shop-web-1 on front'],
    [APP, 'STORE.', 'shop-web-1 on front'],
    [APP, 'store.front', 'shop-web-1 on front'],
    [APP, 'store.back.end', 'spare on back.end'],
    [APP, 'store.rancher.internal', 'shop-web-1 on front'],
    [APP, 'store.front.drover.internal', 'shop-web-1 on front'],
    [APP, 'store.shop.rancher.internal', 'unknown'],
    [APP, 'store.other', 'foreign'],
    [APP, 'store.end', 'foreign'],
    [APP, 'api.shop.example', 'shop-web-1 on front'],
    [APP, 'api.shop.example.front', 'shop-web-1 on front'],
    [APP, 'shop.example', 'foreign'],
    // Other names of the container.
    [APP, '0123456789ab', 'shop-web-1 on front'],
    [APP, '0123456789ab.front', 'shop-web-1 on front'],
    [APP, 'shop-web-1.front', 'shop-web-1 on front'],
    [APP, 'shop-web-1', 'container shop-web-1'],
    [WEB, 'kafka', 'unknown'],
    // Several containers share an alias; the first network that has it counts, unless everything there is stopping.
    [APP, 'pool.front', 'pool2 spare on front'],
    [APP, 'moved', 'moved2 on back.end'],
    [APP, 'leaving.front', 'leaving on front'],
    // The usual aliases.
    [APP, 'blog-db', 'blog-db-3 on front'],
    [APP, 'db.front', 'shop-web-1 blog-db-3 on front'],
    [APP, 'swarm_api', 'swarm_api.2. on front'],
    [APP, 'tasks.swarm_api', 'swarm_api.2. on front'],
    [APP, 'tasks.api', 'swarm_api.2. on front'],
    // Only on networks that the client shares, and never on Docker's default bridge.
    [LONE, 'store', 'unknown'],
    [LONE, 'alone', 'unknown'],
    [LONE, 'lone', 'container lone'],
    [SPARE, 'api.shop.example', 'shop-web-1 on front'],
    [MOVED, 'api.shop.example', 'foreign'],
    [null, 'store', 'unknown'],
    [null, 'store.rancher.internal', 'unknown'],
    // Drover's own names come first,
    [APP, 'app', 'service shop/app'],
    [APP, 'spare', 'service shop/spare'],
    [APP, 'rancher-metadata', 'metadata'],
    // unless they have no records, or none on a network of the client.
    [APP, 'redis', 'shop-web-1 on front'],
    [APP, 'redis.rancher.internal', 'shop-web-1 on front'],
    [LONE, 'redis.rancher.internal', 'empty'],
    [APP, 'pool', 'pool2 spare on front'],
    [APP, 'pool.rancher.internal', 'pool2 spare on front'],
    [APP, 'db', 'shop-web-1 blog-db-3 on front'],
    [APP, 'db.shop.rancher.internal', 'shop-web-1 blog-db-3 on front'],
    [FAR, 'pool', 'container pool'],
  ])('%#', (asker, name, expected) => {
    expect(meaning(asker, name), `${asker?.name} asks ${name}`).toBe(expected);
  });

  test('hides only names of Drover that give the client no address', () => {
    const declarations = [declaration('shop/db', { vip: '10.43.0.1' })];
    const asker = { ...APP, addresses: [...APP.addresses, at(MANAGED, '10.42.1.1')] };
    const hosted = container('hosted', null, null, { networkMode: 'host' });
    const sharing = (networkFrom: string) => container('redis', null, null, { networkMode: 'container', networkFrom });
    const seen = (name: string, by: Container, ...more: Container[]) =>
      meaning(by, name, viewOf(snapshot({ networks: NETWORKS, containers: [...ALL, ...more], declarations }), 'a'));
    expect(seen('db', APP)).toBe('service shop/db');
    // A container of another host, by the managed network and by a published port.
    expect(seen('moved', asker, REMOTE)).toBe('container moved');
    expect(seen('moved', APP, REMOTE)).toBe('moved2 on back.end');
    const ports = [{ hostAddress: '0.0.0.0', hostPort: 80, containerPort: 80, protocol: 'tcp' as const }];
    expect(seen('moved', APP, { ...REMOTE, ports })).toBe('container moved');
    // Containers that share the network of another one.
    expect(seen('redis', APP, sharing('hosted'), hosted)).toBe('container redis');
    expect(seen('redis', APP, sharing('pool2'))).toBe('container redis');
    expect(seen('redis', APP, sharing('far'))).toBe('shop-web-1 on front');
  });

  test('is not given to a container that shares the network of another one', () => {
    const sharing = container('side', null, null, { networkMode: 'container', networkFrom: 'pool2', hostname: 'side' });
    const view = viewOf(snapshot({ networks: NETWORKS, containers: [...ALL, sharing] }), 'a');
    expect(meaning(APP, 'side.front', view)).toBe('foreign');
  });

  test('includes the tasks of other hosts on a Swarm network, and never a bridge of another host with the same id', () => {
    const span = (hostId: string) => [network(hostId, 'span', { kind: 'other' }), network(hostId, 'front')];
    const task = (id: string, hostId: string) => ({
      ...TASK,
      id,
      hostId,
      addresses: [on('span', '10.0.9.1'), on('front', '10.0.1.9')],
    });
    const containers = [task('t1', 'a'), task('t2', 'b')];
    const asker = { ...APP, addresses: [on('front', '10.0.1.1'), on('span', '10.0.9.9')] };
    const world = { networks: [...span('a'), ...span('b')], containers: [asker, ...containers] };
    const view = viewOf(snapshot(world), 'a');
    expect(meaning(asker, 'tasks.swarm_api.span', view)).toBe('swarm_api.2. swarm_api.2. on span');
    expect(meaning(asker, 'tasks.swarm_api', view)).toBe('swarm_api.2. on front');
    // The facts of networks may arrive after those of containers.
    const before = viewOf(snapshot({ ...world, networks: span('a') }), 'a');
    expect(meaning(asker, 'tasks.swarm_api.span', before)).toBe('swarm_api.2. on span');
    expect([...viewOf(snapshot(world), 'a', before).index.docker]).toEqual([...view.index.docker]);
  });

  test('of a link is the linked container, also with dots and with the network', () => {
    const asker = { ...APP, links: { 'db.local': 'pool2', sql: 'pool2', 'www.example.com': 'gone' } };
    const view = viewOf(snapshot({ networks: NETWORKS, containers: [asker, POOL, WEB] }), 'a');
    expect(meaning(asker, 'db.local', view)).toBe('container pool2');
    expect(meaning(asker, 'sql', view)).toBe('container pool2');
    expect(meaning(asker, 'sql.front', view)).toBe('pool2 on front');
    expect(meaning(asker, 'db.local.front', view)).toBe('pool2 on front');
    expect(meaning(asker, 'www.example.com', view)).toBe('foreign');
    expect(meaning(APP, 'sql', view)).toBe('unknown');
    const keys = new Set<DependencyKey>();
    lookupName(view, scopeOf(view, asker), 'sql.front', 'own', { depends: (key) => keys.add(key) });
    expect(keys).toContain('container:pool2');
  });
});

test('a view that follows another has the same names of Docker as a new one', () => {
  const before = viewOf(snapshot({ networks: NETWORKS, containers: [APP, WEB, POOL] }), 'a');
  const renamed = { ...WEB, name: 'other', addresses: [on('front', '10.0.1.2', 'fresh')] };
  const after = snapshot({ networks: NETWORKS, containers: [APP, renamed, POOL, SPARE] });
  const [followed, built] = [viewOf(after, 'a', before), viewOf(after, 'a')];
  const sorted = ({ index }: typeof built) => [...index.docker].sort(([a], [b]) => (a < b ? -1 : 1));
  expect(sorted(followed)).toEqual(sorted(built));
  expect(meaning(APP, 'fresh', followed)).toBe('other on front');
  expect(meaning(APP, 'store', followed)).toBe('spare on back.end');
});
