import { afterAll, beforeAll, expect, test } from 'vitest';
import { inside } from '../support/containers.ts';
import { run, walkAll } from '../support/resolver-clients/walk.ts';
import {
  CLIENTS,
  createResolverWorld,
  ONE_BY_ONE,
  type ResolverWorld,
  startOneByOne,
} from '../support/resolver-clients/world.ts';
import { createResources } from '../support/resources.ts';
import { RESOLVER } from '../support/world.ts';

/** The short form; `npm run bench -- dns-resolvers` is the long one. */
const LOOKUPS_EACH = 1_000;

const resources = createResources();
let world: ResolverWorld;
let endpoints: readonly string[];

interface Connections {
  readonly failed: number;
  /** By address. */
  readonly connections: Readonly<Record<string, number>>;
}

beforeAll(async () => {
  world = await createResolverWorld(resources);
  endpoints = await startOneByOne(world.alpha);
});
afterAll(() => resources.close());

test('every client has six search domains, ndots:5 and one nameserver', async () => {
  for (const { container, name } of CLIENTS) {
    const file = await inside(world.alpha, container, 'cat /etc/resolv.conf');
    const search = /^search (.*)$/m.exec(file)?.[1]?.trim().split(/\s+/);
    expect(search?.slice(0, 2), name).toEqual([`${name}.shop.rancher.internal`, 'shop.rancher.internal']);
    expect(search, name).toHaveLength(6);
    expect(file, name).toMatch(/^options .*ndots:5/m);
    expect(file.match(/^nameserver .*$/gm), name).toEqual([`nameserver ${RESOLVER}`]);
  }
});

test('Q10 Q16 Q28: musl, glibc, c-ares and Node walk the search list during changes without failures or stalls', async () => {
  const churn = world.churn();
  const walks = await walkAll(world, LOOKUPS_EACH);
  const seconds = churn.seconds();
  const { onTheBus, containers } = churn.counts();
  await churn.stop();
  for (const { client, lookups, failed, stalled, maxMs, failures } of walks) {
    if (stalled > 0) console.log(`${client}: ${stalled} lookups took longer than 1 s, at most ${maxMs.toFixed(0)} ms`);
    expect({ client, lookups, failed }, failures.join('\n')).toEqual({ client, lookups: LOOKUPS_EACH, failed: 0 });
    // After a lost reply, clients retry after 2.5 s (musl) or 5 s (glibc); shorter delays come from a busy machine.
    expect(maxMs, client).toBeLessThan(2_400);
  }
  expect(onTheBus / seconds).toBeGreaterThan(20);
  expect(containers).toBeGreaterThan(0);
});

test('Q28: 10,000 parallel A and AAAA queries from one socket: no reply is missing, and no connection is tracked', async () => {
  const { alpha } = world;
  const sent = { pairs: 10_000, lost: 0 };
  const client = 'shop-musl-1';
  const name = 'web.shop.rancher.internal';
  expect(await run(alpha, client, ['pairs', RESOLVER, name, String(sent.pairs)])).toMatchObject(sent);
  const spaces = { host: [], service: ['ip', 'netns', 'exec', 'drover'] };
  for (const [where, enter] of Object.entries(spaces)) {
    const [file = '', ...args] = [...enter, 'conntrack', '-L'];
    const tracked = (await alpha.host.run(file, args)).split('\n').filter((line) => line.includes(RESOLVER));
    expect(tracked, where).toEqual([]);
  }
});

test.each(['musl', 'glibc'])(
  'Q32: ten thousand connections of %s to a service that answers `one` meet its four endpoints alike',
  async (libc) => {
    const connections = 10_000;
    const args = [`connects-${libc}`, ONE_BY_ONE.name, String(ONE_BY_ONE.port), String(connections)];
    const met = await run<Connections>(world.alpha, `shop-${libc}-1`, args);
    const share = connections / endpoints.length;
    expect(met.failed).toBe(0);
    expect(Object.keys(met.connections).toSorted()).toEqual(endpoints.toSorted());
    for (const count of Object.values(met.connections))
      expect(Math.abs(count - share)).toBeLessThanOrEqual(share * 0.05);
  },
);

test('Q32: with the full list glibc always puts the same address first', async () => {
  const args = ['connects-glibc', `all.${ONE_BY_ONE.name}`, String(ONE_BY_ONE.port), '200'];
  const met = await run<Connections>(world.alpha, 'shop-glibc-1', args);
  expect(met.failed).toBe(0);
  expect(Math.max(...Object.values(met.connections))).toBeGreaterThan(200 * 0.45);
});
