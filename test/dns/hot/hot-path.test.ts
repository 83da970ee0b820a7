import { Packet } from 'dns2';
import { describe, expect, test } from 'vitest';
import { TYPE } from '../../../dns/wire/codes.ts';
import type { Container } from '../../../model/index.ts';
import { type HostView, viewOf } from '../../../view/index.ts';
import { sharing } from '../../view/sharing.ts';
import { at, BRIDGE, container, declaration, links, MANAGED, network, snapshot, type World } from '../../view/world.ts';
import { createPaths, type Paths, type PathsOptions } from './paths.ts';
import { type QueryForm, queryOf } from './queries.ts';

/** A hot path over a state that the test can replace. */
function living(world: World, options: PathsOptions = {}): Paths & { see(world: World): void } {
  let view: HostView = viewOf(snapshot(world), 'a');
  return {
    ...createPaths(() => view, options),
    see: (next) => {
      const after = snapshot({ ...next, revision: view.revision + 1 });
      view = viewOf(sharing(view.snapshot, after), 'a', view);
    },
  };
}

const WEB = 'web.shop.rancher.internal';
const ANYBODY = '198.51.100.7';

function ask({ answerHot }: Paths, name: string, from = ANYBODY, type: number = TYPE.A, form: QueryForm = {}) {
  const reply = answerHot(queryOf(name, type, form), from);
  return reply && Packet.parse(reply);
}

function addresses(paths: Paths, name: string, from?: string, type?: number): readonly string[] {
  return (ask(paths, name, from, type)?.answers ?? []).flatMap((record) =>
    'address' in record ? [record.address] : [],
  );
}

function first(paths: Paths, name: string, from?: string, type?: number): string {
  return addresses(paths, name, from, type)[0] ?? 'none';
}

function replicas(count: number, service = 'shop/web', changes: (n: number) => Partial<Container> = () => ({})) {
  return Array.from({ length: count }, (_, n) => {
    const name = `${service.replace('/', '-')}-${n + 1}`;
    const address = `10.42.1.${n + 1}`;
    return container(name, service, address, { addresses: [at(MANAGED, address, `fd00::${n + 1}`)], ...changes(n) });
  });
}

function shares(picks: readonly string[]): readonly number[] {
  const counts = new Map<string, number>();
  for (const pick of picks) counts.set(pick, (counts.get(pick) ?? 0) + 1);
  return [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, count]) => count);
}

describe('turns', () => {
  test('every answer begins with the next address, for A and AAAA separately, for all askers together', () => {
    const askers = [container('x', 'shop/x', '10.42.1.101'), container('y', 'other/y', '10.42.1.102')];
    const paths = living({ containers: [...replicas(4), ...askers] });
    const firsts = Array.from({ length: 8 }, (_, n) => {
      expect(addresses(paths, WEB, ANYBODY, TYPE.AAAA)).toHaveLength(4);
      return first(paths, WEB, [ANYBODY, '10.42.1.101', '10.42.1.102'][n % 3]);
    });
    expect(new Set(firsts.slice(0, 4)).size).toBe(4);
    expect(firsts.slice(4)).toEqual(firsts.slice(0, 4));
  });

  test('with one address per answer, 4,000 answers give each of four addresses equally often (Q2)', () => {
    const paths = living({
      containers: replicas(4),
      declarations: [declaration('shop/web', { options: { answers: 'one' } })],
    });
    const picks = Array.from({ length: 4_000 }, () => addresses(paths, WEB).join());
    expect(shares(picks)).toEqual([1_000, 1_000, 1_000, 1_000]);
    expect(addresses(paths, `all.${WEB}`)).toHaveLength(4);
  });

  test('addresses come first as often as their weights say', () => {
    const paths = living({ containers: replicas(3, 'shop/web', (n) => ({ labels: { 'drover.weight': `${2 * n}` } })) });
    expect(addresses(paths, WEB)).toHaveLength(3);
    expect(shares(Array.from({ length: 600 }, () => first(paths, WEB)))).toEqual([200, 400]);
  });

  test('continue where they were when the service changes', () => {
    const paths = living({ containers: replicas(3) });
    const picks = Array.from({ length: 60 }, (_, n) => {
      paths.see({ containers: replicas(3, 'shop/web', () => ({ image: `image-${n}` })) });
      return first(paths, WEB);
    });
    expect(shares(picks)).toEqual([20, 20, 20]);
  });
});

describe('a change', () => {
  const world = (image = 'image'): World => ({
    containers: [
      ...replicas(2, 'shop/web', () => ({ image })),
      ...Array.from({ length: 200 }, (_, n) => container(`c${n}`, `s${n}/app`, `10.42.2.${n}`, { hostId: 'b' })),
    ],
  });
  const names = [WEB, ...Array.from({ length: 200 }, (_, n) => `app.s${n}.rancher.internal`)];

  test('of one service encodes that service again and no other', () => {
    const paths = living(world());
    for (const name of names) expect(addresses(paths, name)).not.toEqual([]);
    const before = paths.hot.stats();
    expect(before.loaded).toBe(names.length);
    paths.see(world('another'));
    for (const name of names) ask(paths, name);
    expect(paths.hot.stats()).toMatchObject({ loaded: before.loaded + 1, entries: before.entries });
  });

  test('is applied without a query by catchUp()', () => {
    const paths = living(world());
    for (const name of names) ask(paths, name);
    paths.see(world('another'));
    paths.hot.catchUp();
    expect(paths.hot.stats().entries).toBe(names.length - 1);
  });

  test('of the revision alone changes the serial of negative answers and encodes nothing', () => {
    const paths = living(world());
    const serials = () =>
      [ask(paths, WEB, ANYBODY, TYPE.MX), ask(paths, 'nosuch.rancher.internal')].map((packet) =>
        packet?.authorities.map((record) => ('serial' in record ? record.serial : null)).join(),
      );
    expect([serials(), serials()]).toEqual([
      ['1', '1'],
      ['1', '1'],
    ]);
    const { loaded } = paths.hot.stats();
    paths.see({ ...world(), containers: [...(world().containers ?? []), container('new', 'n/n', '10.42.3.1')] });
    expect([serials(), paths.hot.stats().loaded]).toEqual([['2', '2'], loaded]);
  });

  test('of the container at an address is seen by the next query from there', () => {
    const asker = (stack: string) => [...replicas(1), container('x', `${stack}/x`, '10.42.1.101')];
    const paths = living({ containers: asker('shop') });
    expect(first(paths, 'web', '10.42.1.101')).toBe('10.42.1.1');
    paths.see({ containers: asker('other') });
    expect(ask(paths, 'web', '10.42.1.101')?.header.rcode).toBe(Packet.RCODE.NXDOMAIN);
  });
});

describe('askers', () => {
  test('replicas of a service share their entries', () => {
    const paths = living({
      containers: [
        ...replicas(5),
        container('shop-db-1', 'shop/db', '10.42.1.50'),
        container('z', 'other/z', '10.42.1.60'),
      ],
    });
    for (const from of [1, 2, 3, 4, 5]) expect(first(paths, 'db', `10.42.1.${from}`)).toBe('10.42.1.50');
    expect(paths.hot.stats().loaded).toBe(1);
    expect(ask(paths, 'db', '10.42.1.60')?.header.rcode).toBe(Packet.RCODE.NXDOMAIN);
  });

  test('a full name is kept once for all askers, unless its container is on several networks', () => {
    const askers = Array.from({ length: 6 }, (_, n) => container(`x${n}`, `s${n}/x`, `10.42.1.${101 + n}`));
    const dual = container('dual', null, null, { addresses: [at(BRIDGE, '172.17.0.9'), at(MANAGED, '10.42.1.9')] });
    const paths = living({ containers: [...replicas(1), ...askers, dual] });
    const loadedBy = (name: string) => {
      const before = paths.hot.stats().loaded;
      for (const [n] of askers.entries()) expect(addresses(paths, name, `10.42.1.${101 + n}`)).toHaveLength(1);
      return paths.hot.stats().loaded - before;
    };
    expect([loadedBy(WEB), loadedBy('dual.rancher.internal')]).toEqual([1, 6]);
  });

  test('members, clients of other networks and clients that share none get their own answers, in any order of queries', () => {
    const starting = { health: 'initializing', wasReady: false } as const;
    // The members and the sidekick have one search list, and the priority `None` the same as other stacks.
    const none = { labels: { 'io.rancher.container.dns.priority': 'None' } };
    const [member, sidekick, near, far] = ['10.42.1.11', '10.42.1.12', '172.18.0.1', '172.19.0.1'];
    const containers = [
      container('n1', 'es/node', member, { ...starting, ...none }),
      container('side', 'es/node/log', sidekick, none),
      container('red', 'shop/red', null, { addresses: [at('red', '172.18.0.9')] }),
      container('near', 'shop/app', null, { addresses: [at('red', near)] }),
      container('far', 'shop/app', null, { addresses: [at('blue', far)] }),
    ];
    const answers: readonly (readonly [string, string, string])[] = [
      ['node.es.rancher.internal', member, member],
      ['node.es.rancher.internal', sidekick, ''],
      ['all.node.es.rancher.internal', sidekick, member],
      ['all.node.es.rancher.internal', far, ''],
      ['red.shop.rancher.internal', near, '172.18.0.9'],
      ['red.shop.rancher.internal', far, ''],
      ['red.shop.rancher.internal', member, ''],
      ['red.shop.rancher.internal', ANYBODY, '172.18.0.9'],
    ];
    for (const order of [answers, answers.toReversed()]) {
      const paths = living({ networks: ['red', 'blue'].map((id) => network('a', id)), containers });
      for (const [name, from, expected] of order) {
        expect([name, from, addresses(paths, name, from).join()]).toEqual([name, from, expected]);
        expect(ask(paths, name, from)?.header.rcode).toBe(0);
      }
    }
  });

  test('a link is seen by its own container only', () => {
    const paths = living({
      containers: [...replicas(1), container('x', 'shop/x', '10.42.1.101'), container('y', 'shop/y', '10.42.1.102')],
      declarations: [declaration('shop/x', { links: links({ target: 'shop/web', alias: 'mine' }) })],
    });
    expect(first(paths, 'mine', '10.42.1.101')).toBe('10.42.1.1');
    expect(first(paths, 'mine.rancher.internal', '10.42.1.101')).toBe('10.42.1.1');
    expect(ask(paths, 'mine.rancher.internal', '10.42.1.102')?.header.rcode).toBe(Packet.RCODE.NXDOMAIN);
  });

  test('an unknown address of this host is left to the general path, which waits for its container', () => {
    const paths = living({ containers: replicas(1) });
    expect(paths.answerHot(queryOf(WEB, TYPE.A), '10.42.1.77')).toBeNull();
    paths.see({ containers: [...replicas(1), container('x', 'shop/x', '10.42.1.77')] });
    expect(first(paths, 'web', '10.42.1.77')).toBe('10.42.1.1');
  });

  test('40,000 different addresses are all answered', () => {
    const { hot } = living({ containers: replicas(1) });
    const query = queryOf(WEB, TYPE.A);
    const tx = new Uint8Array(1_232);
    let answered = 0;
    for (let n = 0; n < 40_000; n += 1)
      answered += Number(hot.answer(query, 0, query.length, 0xc6000000 + n, tx, 0) > 0);
    expect(answered).toBe(40_000);
  });
});

describe('the table', () => {
  test('a flood of names that do not exist uses a bounded number of entries, and all of them are answered', () => {
    const paths = living({ containers: replicas(1) }, { maxNegatives: 500 });
    first(paths, WEB);
    const flood = (): void => {
      for (let n = 0; n < 1_000; n += 1)
        expect(paths.answerHot(queryOf(`x${n}.rancher.internal`, TYPE.A), ANYBODY)?.[3]).toBe(0x83);
    };
    flood();
    // Random names do not repeat, so a name gets an entry when it is queried again.
    expect(paths.hot.stats().entries).toBe(1);
    flood();
    const full = paths.hot.stats();
    expect(full.entries).toBe(1 + 500);
    for (const name of ['y', 'all.z.rancher.internal', 'u.web.shop.rancher.internal', 'x1.rancher.internal'])
      expect(ask(paths, name)?.header.rcode).toBe(Packet.RCODE.NXDOMAIN);
    expect(paths.hot.stats()).toMatchObject({ entries: full.entries, bytes: full.bytes });
    first(paths, 'web-shop-1');
    expect(addresses(paths, WEB)).toEqual(['10.42.1.1']);
  });

  test('after 16,384 different askers all scopes are in use, and the next askers still get their own answers', () => {
    const stacks = 16_400;
    const askers = Array.from({ length: stacks }, (_, n) =>
      container(`x${n}`, `s${n}/x`, `10.${50 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`),
    );
    const paths = living({ containers: askers }, { maxBytes: 32 * 1024 * 1024 });
    for (const [n, { addresses: own }] of askers.entries()) {
      if (n % 64 > 0 && n < 16_300) paths.answerHot(queryOf('rancher.internal', TYPE.SOA), own[0]?.ipv4 ?? '');
      else expect([n, addresses(paths, 'x', own[0]?.ipv4 ?? '')]).toEqual([n, [own[0]?.ipv4]]);
    }
    expect(paths.hot.stats().entries).toBeLessThan(200);
  });

  test('all names of many askers stay within the memory limit and are answered correctly', () => {
    const services = Array.from({ length: 200 }, (_, n) =>
      container(`c${n}`, `s${n}/app`, `10.42.${n >> 8}.${n & 255}`),
    );
    const paths = living({ containers: services }, { maxBytes: 64 * 1024 });
    for (let asker = 0; asker < 200; asker += 25) {
      for (const [n, { addresses: own }] of services.entries()) {
        expect(first(paths, `app.s${n}.rancher.internal`, `10.42.${asker >> 8}.${asker & 255}`)).toBe(own[0]?.ipv4);
      }
      expect(paths.hot.stats().bytes).toBeLessThanOrEqual(64 * 1024);
    }
    expect(paths.hot.stats().entries).toBeLessThan(400);
  });

  test('warming up loads the names and counts no replies', () => {
    const paths = living({ containers: replicas(3) });
    paths.hot.warmUp(10_000);
    const { answered, loaded } = paths.hot.stats();
    expect(answered).toEqual([]);
    expect(loaded).toBeGreaterThanOrEqual(8);
    first(paths, WEB);
    expect(paths.hot.stats()).toMatchObject({ answered: [{ type: TYPE.A, rcode: 0, count: 1 }], loaded });
  });
});

test('queries take the general path if `divert` says so', () => {
  const diverted: number[] = [];
  const divert = (from: number) => diverted.push(from) % 2 === 1;
  const paths = living({ containers: replicas(1) }, { divert });
  expect([first(paths, WEB), first(paths, WEB)]).toEqual(['none', '10.42.1.1']);
  expect([ask(paths, 'no.rancher.internal'), ask(paths, 'no.rancher.internal')?.header.rcode]).toEqual([null, 3]);
  expect(diverted).toEqual(Array(4).fill(0xc6336407));
});

test('a reply that is larger than the client accepts is left to the general path, which truncates it', () => {
  const paths = living({ containers: replicas(60) });
  const sizes = [undefined, 512, 900, 1_232].map((payload) => {
    const form = payload === undefined ? {} : { edns: { payload, dnssecOk: false } };
    return paths.answerHot(queryOf(WEB, TYPE.A, form), ANYBODY)?.length ?? null;
  });
  expect(sizes).toEqual([null, null, null, 12 + 31 + 60 * 16 + 11]);
});
