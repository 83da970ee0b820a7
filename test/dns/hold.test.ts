import { afterEach, describe, expect, test } from 'vitest';
import { poll } from '../support/poll.ts';
import { createResources, type Resources } from '../support/resources.ts';
import { at, container, MANAGED, network, type World } from '../view/world.ts';
import { addresses, startDns } from './wire.ts';

/** A Docker network on loopback, so that "containers" are sockets bound to its addresses. */
const NETWORKS = [network('a', 'lo-net', { subnets: ['127.0.1.0/24'] })];
const DB = container('db1', 'shop/db', '10.42.1.5');
const asker = (id: string, service: string, address: string) =>
  container(id, service, null, {
    addresses: [at('lo-net', address), at(MANAGED, address.replace('127.0.1.', '10.42.1.1'))],
  });
const EMPTY: World = { networks: NETWORKS, containers: [DB] };
const WITH_ASKER: World = { networks: NETWORKS, containers: [DB, asker('c1', 'shop/web', '127.0.1.5')] };

let resources: Resources = createResources();
afterEach(async () => {
  await resources.close();
  resources = createResources();
});

async function timed<T>(work: Promise<T>): Promise<{ readonly value: T; readonly ms: number }> {
  const start = performance.now();
  const value = await work;
  return { value, ms: performance.now() - start };
}

describe('the asker', () => {
  test('each container has its own names; containers of different stacks have different scopes', async () => {
    const dns = await startDns(resources, WITH_ASKER);
    expect(await addresses(dns.port, 'db', { from: '127.0.1.5' })).toBe('10.42.1.5');
    expect(await addresses(dns.port, 'db', { from: '127.0.1.5', tcp: true })).toBe('10.42.1.5');
    expect(await addresses(dns.port, 'db', { from: '127.0.0.1' })).toBe('NXDOMAIN');
    dns.see({ networks: NETWORKS, containers: [DB, asker('c1', 'other/web', '127.0.1.5')] });
    expect(await addresses(dns.port, 'db', { from: '127.0.1.5' })).toBe('NXDOMAIN');
  });
});

test('a new view applies from the next answer on, for every asker', async () => {
  const dns = await startDns(resources, EMPTY);
  expect(await addresses(dns.port, 'db.shop')).toBe('10.42.1.5');
  dns.see({ networks: NETWORKS, containers: [{ ...DB, state: 'stopping' }] });
  expect(await addresses(dns.port, 'db.shop')).toBe('NODATA');
  dns.see({ networks: NETWORKS, containers: [] });
  expect(await addresses(dns.port, 'db.shop.rancher.internal')).toBe('NXDOMAIN');
});

describe('Q14 a query from an unknown address on a local network', () => {
  test('waits until the view knows it, and is then answered in its scope', async () => {
    const looked: string[] = [];
    const dns = await startDns(resources, EMPTY, {
      identify: async (address) => {
        looked.push(address);
        dns.see(WITH_ASKER);
        return true;
      },
    });
    expect(await addresses(dns.port, 'db', { from: '127.0.1.5' })).toBe('10.42.1.5');
    expect(await addresses(dns.port, 'db', { from: '127.0.1.5', tcp: true })).toBe('10.42.1.5');
    expect(looked).toEqual(['127.0.1.5']);
    expect(dns.server.stats().held).toBe(1);
  });

  test('one inspection for all waiting queries of an address; the view may follow after the inspection', async () => {
    const found = Promise.withResolvers<boolean>();
    let inspections = 0;
    const dns = await startDns(resources, EMPTY, {
      holdMs: 5_000,
      identify: () => {
        inspections += 1;
        return found.promise;
      },
    });
    const asked = Promise.all(Array.from({ length: 20 }, () => addresses(dns.port, 'db', { from: '127.0.1.5' })));
    await poll(() => dns.server.stats().held === 20, { what: 'all queries to be held' });
    found.resolve(true);
    dns.see(WITH_ASKER);
    expect(new Set(await asked)).toEqual(new Set(['10.42.1.5']));
    expect(inspections).toBe(1);
  });

  test('a change of the view suffices: the start event may arrive before the inspection ends', async () => {
    const dns = await startDns(resources, EMPTY, { holdMs: 5_000, identify: () => new Promise(() => undefined) });
    const asked = timed(addresses(dns.port, 'db', { from: '127.0.1.5' }));
    await poll(() => dns.server.stats().held === 1, { what: 'the query to be held' });
    dns.see(WITH_ASKER);
    const { value, ms } = await asked;
    expect(value).toBe('10.42.1.5');
    expect(ms).toBeLessThan(2_500);
  });

  test.each<[string, () => Promise<boolean>, number, number]>([
    ['no container has it: at once', async () => false, 0, 150],
    ['the inspection fails: at once', () => Promise.reject(new Error('no Docker')), 0, 150],
    ['the inspection hangs: after 250 ms', () => new Promise(() => undefined), 240, 1_000],
    ['found, but the view never follows: after 250 ms', async () => true, 240, 1_000],
  ])('%s, in the common scope', async (_, identify, atLeastMs, atMostMs) => {
    const dns = await startDns(resources, EMPTY, { identify });
    let ms = Number.POSITIVE_INFINITY;
    for (let n = 0; n < 3; n += 1) {
      const run = await timed(addresses(dns.port, 'db', { from: '127.0.1.9' }));
      expect(run.value).toBe('NXDOMAIN');
      ms = Math.min(ms, run.ms);
    }
    expect(ms).toBeGreaterThanOrEqual(atLeastMs);
    expect(ms).toBeLessThan(atMostMs);
  });

  test('queries from other addresses are not held; close() ends held queries', async () => {
    const dns = await startDns(resources, EMPTY, { holdMs: 60_000, identify: () => new Promise(() => undefined) });
    expect(await addresses(dns.port, 'db.shop', { from: '127.0.2.9' })).toBe('10.42.1.5');
    expect(dns.server.stats().held).toBe(0);
    const asked = addresses(dns.port, 'db', { from: '127.0.1.9', timeoutMs: 1_000 }).catch(() => 'no reply');
    await poll(() => dns.server.stats().held === 1, { what: 'the query to be held' });
    await dns.server.close();
    expect(await asked).toBe('no reply');
  });
});
