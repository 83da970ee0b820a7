import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createTableReader } from '../../../lb/table/read-table.ts';
import type { LbTable } from '../../../lb/table/table.ts';
import { type Container, PUBLISHED_FACT, type ServiceDeclaration, type Snapshot } from '../../../model/index.ts';
import { type HostView, viewOf } from '../../../view/index.ts';
import { apply } from '../../view/steps.ts';
import { at, BRIDGE, container, declaration, host, links, MANAGED, snapshot } from '../../view/world.ts';
import { balancer, expectConsistent, rule } from './table-world.ts';

/** Two services with two containers each, one by labels and one by a balancer. */
const WORLD = {
  containers: [
    ...[1, 2].map((n) => container(`w${n}`, 's/web', `10.42.1.${n}`, { createdAtMs: n, ...published('web.com') })),
    ...[3, 4].map((n) => container(`d${n}`, 's/db', `10.42.1.${n}`)),
  ],
  declarations: [balancer('s/lb', [rule({ hostname: 'db.com', service: 's/db' })])],
};

function published(name: string) {
  return { labels: { 'drover.lb.host': name, 'drover.lb.port': '80' } };
}

function start(world = WORLD) {
  const read = createTableReader();
  let now: Snapshot = snapshot(world);
  let view: HostView = viewOf(now, 'a');
  let table = read(view);
  return {
    table: () => table,
    change: (next: (before: Snapshot) => Snapshot): LbTable => {
      now = next(now);
      view = viewOf(now, 'a', view);
      table = read(view);
      return table;
    },
  };
}

const put = (made: Container) => (before: Snapshot) => apply(before, { kind: 'put', made });
const backendOf = (table: LbTable, service: string) =>
  table.backends.find(({ services }) => services.includes(service));

describe('what does not change stays the identical object', () => {
  test('the ages of rules decide when they become known, and only between two that claim the same', () => {
    const name = 's/web [80,"exact","web.com",null,null]';
    const aged = (sinceMs: number) => (before: Snapshot) => {
      const hosts = new Map(before.hosts);
      const one = before.hosts.get('b');
      if (one === undefined) throw new Error('there is no host b');
      const facts = new Map([[PUBLISHED_FACT, new Map([['', { since: { [name]: sinceMs } }]])]]);
      return { ...before, revision: before.revision + 1, hosts: hosts.set('b', { ...one, facts }) };
    };
    const world = start();
    const before = world.table();
    expect(world.change(aged(5))).toBe(before);
    const other = container('o1', 's/other', '10.42.1.7', { createdAtMs: 4, ...published('web.com') });
    expect(backendOf(world.change(put(other)), 's/other')).toBeDefined();
    const after = world.change(aged(3));
    expect(backendOf(after, 's/web')).toBeDefined();
    expect(backendOf(after, 's/other')).toBeUndefined();
  });

  test('one changed container changes one backend', () => {
    const world = start();
    const before = world.table();
    const after = world.change(
      put(container('w2', 's/web', '10.42.1.2', { state: 'stopping', createdAtMs: 2, ...published('web.com') })),
    );
    expect(backendOf(after, 's/web')?.servers.map(({ state }) => state)).toEqual(['ready', 'drain']);
    expect(backendOf(after, 's/web')?.servers[0]).toBe(backendOf(before, 's/web')?.servers[0]);
    expect(backendOf(after, 's/db')).toBe(backendOf(before, 's/db'));
    expect(after.listeners).toBe(before.listeners);
    expect(after.problems).toBe(before.problems);
  });

  test('a new container of a service with rules changes no listener', () => {
    const world = start();
    const before = world.table();
    const labels = { ...published('web.com').labels, 'com.docker.compose.container-number': '3' };
    const after = world.change(put(container('w3', 's/web', '10.42.1.5', { createdAtMs: 3, labels })));
    expect(backendOf(after, 's/web')?.servers).toHaveLength(3);
    expect(after.listeners).toBe(before.listeners);
  });

  test('replacing the oldest container of a published service changes no listener', () => {
    const web = (id: string, createdAtMs: number, service = 's/web') =>
      container(id, service, `10.42.1.${createdAtMs}`, { createdAtMs, ...published(`${service.slice(2)}.com`) });
    const world = start({ containers: [web('w1', 1), web('o1', 2, 's/other'), web('w2', 3)], declarations: [] });
    const before = world.table();
    const after = world.change((now) => apply(now, { kind: 'drop', hostId: 'a', id: 'w1' }));
    expect(backendOf(after, 's/web')?.servers).toHaveLength(1);
    expect(after.listeners).toBe(before.listeners);
  });

  test('one changed rule changes one listener and one rule', () => {
    const world = start();
    const before = world.table();
    const after = world.change((now) => ({
      ...now,
      declarations: new Map(now.declarations).set(
        's/lb',
        balancer('s/lb', [rule({ hostname: 'db.com', service: 's/db' }), rule({ sourcePort: 81, service: 's/db' })]),
      ),
    }));
    expect(after.listeners.map(({ port }) => port)).toEqual([80, 81]);
    expect(after.listeners[0]).toBe(before.listeners[0]);
    expect(backendOf(after, 's/web')).toBe(backendOf(before, 's/web'));
  });

  test.each([
    ['a container of a service without rules', put(container('x', 's/other', '10.42.1.9'))],
    ['a container that is equal', put({ ...(WORLD.containers[0] as Container) })],
    ['a fact of a host', (now: Snapshot) => apply(now, { kind: 'host', hostId: 'c', name: 'c', there: true })],
    ['a new revision', (now: Snapshot) => ({ ...now, revision: now.revision + 1 })],
    ['an incomplete snapshot', (now: Snapshot) => ({ ...now, complete: false })],
  ])('%s changes nothing', (_, change) => {
    const world = start();
    const before = world.table();
    expect(world.change(change)).toBe(before);
  });
});

test('reasons follow the networks of this host', () => {
  const remote = container('w1', 's/web', null, {
    hostId: 'b',
    addresses: [at(BRIDGE, '172.17.0.2')],
    ...published('web.com'),
  });
  const world = start({ containers: [remote], declarations: [] });
  const reason = (table: LbTable) => table.backends[0]?.leftOut[0]?.reason;
  expect(reason(world.table())).toContain('attach both to `net-managed`');
  const after = world.change((now) => apply(now, { kind: 'network', hostId: 'a', managed: false }));
  expect(reason(after)).toContain('attach both to `drover`');
});

const LABELS = [
  {},
  { 'drover.lb.host': 'x.com' },
  { 'drover.lb.host': 'x.com', 'drover.lb.port': '90' },
  { 'drover.lb.host': 'y.com', 'drover.weight': '9', tier: 'front' },
  { 'drover.lb.a.path': '/a', 'drover.lb.b.entry': 'tcp:81', tier: 'back' },
  { 'drover.lb.host': 'not a host' },
  { tier: 'front' },
];

const anyContainer = fc
  .record({
    id: fc.constantFrom('c1', 'c2', 'c3', 'c4', 'c5'),
    hostId: fc.constantFrom('a', 'b'),
    service: fc.constantFrom('s/web', 's/web', 's/db', 's/web/log', null),
    name: fc.constantFrom('one', 'two', 'ONE'),
    state: fc.constantFrom('running', 'running', 'stopping', 'stopped', 'paused'),
    health: fc.constantFrom(null, null, 'healthy', 'unhealthy', 'initializing'),
    address: fc.constantFrom('10.42.1.1', '10.42.1.2', null),
    network: fc.constantFrom(BRIDGE, MANAGED),
    labels: fc.constantFrom(...LABELS),
    createdAtMs: fc.constantFrom(1, 2, 3),
    exposed: fc.constantFrom([], [{ port: 80, protocol: 'tcp' as const }]),
    sharesWith: fc.constantFrom(null, null, null, 'c1'),
  })
  .map(({ id, service, address, network, sharesWith, ...changes }) =>
    container(id, service, null, {
      ...changes,
      addresses: address === null ? [] : [at(network, address)],
      networkMode: sharesWith === null ? 'bridge' : 'container',
      networkFrom: sharesWith,
      ports: network === BRIDGE ? [{ hostAddress: '0.0.0.0', hostPort: 8080, containerPort: 80, protocol: 'tcp' }] : [],
    }),
  );

const anyRule = fc
  .record({
    sourcePort: fc.constantFrom(80, 80, 81),
    protocol: fc.constantFrom('http', 'http', 'tcp', 'sni'),
    hostname: fc.constantFrom(null, 'x.com', '*.x.com'),
    path: fc.constantFrom(null, '/a', '/a_b', '/a-b'),
    target: fc.constantFrom('s/web', 's/web', 's/db', 's/web/log', 's/all', 's/ext', 'one', 'tier=front', 'tier'),
    targetPort: fc.constantFrom(null, 80, 8080),
    priority: fc.constantFrom(null, 1),
    backendName: fc.constantFrom(null, null, 'mine'),
    weight: fc.constantFrom(1, 200),
  })
  .map(({ target, ...changes }) =>
    rule({
      ...changes,
      service: target.includes('/') ? target : null,
      container: target === 'one' ? target : null,
      selector: target.startsWith('tier') ? target : null,
    }),
  );

const anyBalancer = fc
  .record({
    key: fc.constantFrom('s/lb', 's/other', 's/web'),
    rules: fc.array(anyRule, { maxLength: 4 }),
    target: fc.constantFrom('any', 'only-local', 'prefer-local'),
    hosts: fc.constantFrom(
      { kind: 'all' as const },
      { kind: 'names' as const, names: ['b'] },
      { kind: 'labels' as const, labels: { zone: 'x' } },
    ),
    sinceMs: fc.constantFrom(null, 1, 2),
    labels: fc.constantFrom(...LABELS),
  })
  .map(({ key, rules, labels, sinceMs, ...options }) =>
    balancer(key, rules, { options, sinceMs, declaration: { labels } }),
  );

const anyDeclaration: fc.Arbitrary<ServiceDeclaration> = fc.oneof(
  { weight: 3, arbitrary: anyBalancer },
  fc.constantFrom(
    declaration('s/web'),
    declaration('s/web', { labels: { 'drover.lb.host': 'z.com' }, options: { weight: 3 } }),
    declaration('s/web', { sidekicks: ['log'] }),
    declaration('s/db', { lbConfig: balancer('s/db', [rule({ sourcePort: null, hostname: 'own.com' })]).lbConfig }),
    declaration('s/all', { kind: 'dnsService', links: links('s/web', 's/ext', 's/all') }),
    declaration('s/ext', { kind: 'externalService', externalIps: ['192.0.2.9'], hostname: 'e.com.', expose: ['80'] }),
    declaration('s/ext', { kind: 'externalService', hostname: 'f.com.', labels: { tier: 'front' } }),
  ),
);

type Change = (before: Snapshot) => Snapshot;

const anyChange: fc.Arbitrary<Change> = fc.oneof(
  { weight: 5, arbitrary: anyContainer.map(put) },
  fc.record({ hostId: fc.constantFrom('a', 'b'), id: fc.constantFrom('c1', 'c2', 'c3', 'c4') }).map(
    (drop): Change =>
      (before) =>
        apply(before, { kind: 'drop', ...drop }),
  ),
  {
    weight: 3,
    arbitrary: anyDeclaration.map(
      (made): Change =>
        (before) => ({
          ...before,
          revision: before.revision + 1,
          declarations: new Map(before.declarations).set(`${made.stack}/${made.name}`, made),
        }),
    ),
  },
  fc.constantFrom('s/web', 's/lb', 's/db', 's/ext').map(
    (key): Change =>
      (before) => ({
        ...before,
        revision: before.revision + 1,
        declarations: new Map([...before.declarations].filter(([other]) => other !== key)),
      }),
  ),
  fc.record({ hostId: fc.constantFrom('a', 'b'), zone: fc.constantFrom('x', 'y') }).map(
    ({ hostId, zone }): Change =>
      (before) => {
        const state = before.hosts.get(hostId);
        if (!state) return before;
        const changed = {
          ...state,
          host: host(hostId, { labels: { zone }, address: `192.0.2.${zone === 'x' ? 1 : 7}` }),
        };
        return { ...before, revision: before.revision + 1, hosts: new Map(before.hosts).set(hostId, changed) };
      },
  ),
  fc.record({ hostId: fc.constantFrom('a', 'b'), managed: fc.boolean() }).map(
    (change): Change =>
      (before) =>
        apply(before, { kind: 'network', ...change }),
  ),
);

/** The same facts in another order. */
function reversed(now: Snapshot): Snapshot {
  const turned = <V>(map: ReadonlyMap<string, V>) => new Map([...map].toReversed());
  const hosts = [...now.hosts].map(([id, state]) => [id, { ...state, containers: turned(state.containers) }] as const);
  return { ...now, hosts: new Map(hosts.toReversed()), declarations: turned(now.declarations) };
}

test('a random walk: each step gives the table of a full build, whatever the order of the facts', () => {
  fc.assert(
    fc.property(fc.array(anyChange, { minLength: 1, maxLength: 12 }), (changes) => {
      const world = start({ containers: [], declarations: [] });
      let now = snapshot({ containers: [], declarations: [] });
      for (const change of changes) {
        now = change(now);
        const table = world.change(change);
        expect(table).toEqual(createTableReader()(viewOf(now, 'a')));
        expect(table).toEqual(createTableReader()(viewOf(reversed(now), 'a')));
        expectConsistent(table);
      }
    }),
    { numRuns: 300 },
  );
});
