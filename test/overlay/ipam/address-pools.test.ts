import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AddressPools, createAddressPools } from '../../../overlay/ipam/address-pools.ts';
import { type LeaseStore, openLeaseStore } from '../../../overlay/ipam/lease-store.ts';
import { answer } from '../../../overlay/ipam/messages.ts';
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts';
import { testLog } from '../../support/test-log.ts';

const POOL = '10.42.1.0/28';
const settings = { restMs: 60_000, settleMs: 10_000, orphanMs: 30_000 };
const log = testLog('ipam');

/** In memory, because every lease is synced to disk. */
let dir: string;
let time: FakeClock;
let store: LeaseStore;
let pools: AddressPools;
let used: ReadonlySet<string> | null;
let shortages: number;

beforeEach(() => {
  dir = mkdtempSync(join('/dev/shm', 'drover-pools-'));
  time = createFakeClock();
  used = new Set();
  shortages = 0;
  open();
  pools.requestPool(POOL, '');
});
afterEach(() => {
  store.close();
  rmSync(dir, { recursive: true });
});

function open(): void {
  store = openLeaseStore(join(dir, 'ipam.db'), { log, nowMs: time.now() });
  const onShortage = (): void => {
    shortages += 1;
  };
  pools = createAddressPools({ store, clock: time, log, listUsed: async () => used, onShortage }, settings);
}

async function take(address = '', isGateway = false): Promise<string> {
  const result = await pools.requestAddress(POOL, address, isGateway);
  return result.ok ? result.value : result.problem.what;
}

test('unused addresses are assigned first, in order; freed ones rest, then the one freed first comes first', async () => {
  expect(await take('', true)).toBe('10.42.1.1/28');
  expect(await take()).toBe('10.42.1.2/28');
  expect(await take()).toBe('10.42.1.3/28');
  pools.releaseAddress(POOL, '10.42.1.3');
  await time.advance(1000);
  pools.releaseAddress(POOL, '10.42.1.2');
  for (let last = 4; last <= 14; last++) expect(await take()).toBe(`10.42.1.${last}/28`);
  await time.advance(59_000);
  expect(await take()).toBe('10.42.1.3/28');
  await time.advance(1000);
  expect(await take()).toBe('10.42.1.2/28');
  expect(pools.problems()).toEqual([]);
});

test('if no address has rested, the one freed first is assigned; that, and an exhausted pool, is a problem for the rest time', async () => {
  for (let last = 1; last <= 14; last++) await take();
  for (const last of [7, 5]) {
    await time.advance(1000);
    pools.releaseAddress(POOL, `10.42.1.${last}`);
  }
  expect(await take()).toBe('10.42.1.7/28');
  expect(shortages).toBe(1);
  expect(pools.problems()).toMatchObject([
    { subject: `address pool ${POOL}`, what: expect.stringContaining('almost') },
  ]);
  expect(await take()).toBe('10.42.1.5/28');
  expect(await take()).toContain('exhausted: all addresses are in use');
  expect(shortages).toBe(1);
  await time.advance(59_999);
  expect(pools.problems()).toMatchObject([{ what: expect.stringContaining('exhausted: all') }]);
  await time.advance(1);
  expect(pools.problems()).toEqual([]);
  await take();
  expect(shortages).toBe(2);
});

test('containers that crash again and again on a /28 leave an address for another one, at any time', async () => {
  const healthy = await take();
  const crashing = [await take(), await take(), await take()];
  for (let crash = 0; crash < 300; crash += 1) {
    await time.advance(100);
    pools.releaseAddress(POOL, crashing.shift()?.split('/')[0] ?? '');
    const next = await take();
    expect([...crashing, healthy]).not.toContain(next);
    crashing.push(next);
  }
  pools.releaseAddress(POOL, healthy.split('/')[0] ?? '');
  expect(await take()).toMatch(/^10\.42\.1\./);
});

test('leases and rests survive a restart; after the clock was set back, nothing is freed early and everything in the end', async () => {
  await time.advance(100_000);
  await take();
  await take();
  pools.releaseAddress(POOL, '10.42.1.2');
  store.close();
  time = createFakeClock(1_000_000_000_000);
  open();
  for (let last = 3; last <= 14; last++) expect(await take()).toBe(`10.42.1.${last}/28`);
  await time.advance(59_999);
  pools.releaseAddress(POOL, '10.42.1.3');
  await time.advance(1);
  expect(await take()).toBe('10.42.1.2/28');
  expect(pools.problems()).toEqual([]);
});

test('an address requested by number needs no rest, must be inside the pool, and is refused while in use', async () => {
  expect(await take('10.42.1.9')).toBe('10.42.1.9/28');
  pools.releaseAddress(POOL, '10.42.1.9');
  expect(await take('10.42.1.9')).toBe('10.42.1.9/28');
  expect(await take('10.42.1.15')).toContain('is not a host address');
  expect(await take('10.42.2.1')).toContain('is not a host address');
  expect(await take('rubbish')).toContain('is not a host address');
  await time.advance(10_000);
  used = new Set(['10.42.1.9']);
  expect(await take('10.42.1.9')).toContain('is in use by another container');
  used = null;
  expect(await take('10.42.1.9')).toContain('Docker cannot list');
});

test('an address that was never released is assigned on request once Docker no longer lists it', async () => {
  await take('10.42.1.9');
  const second = take('10.42.1.9');
  const third = take('10.42.1.9');
  await time.advance(9_999);
  expect(await Promise.race([second, 'waiting'])).toBe('waiting');
  await time.advance(1);
  expect(await second).toBe('10.42.1.9/28');
  used = new Set(['10.42.1.9']);
  await time.advance(10_000);
  expect(await third).toContain('is in use');
});

test('the pool and the gateway can be requested again; another pool must not overlap', async () => {
  expect(pools.requestPool(POOL, '')).toEqual({ ok: true, value: { id: POOL, pool: POOL } });
  expect(await take('10.42.1.1', true)).toBe('10.42.1.1/28');
  expect(await take('10.42.1.1', true)).toBe('10.42.1.1/28');
  expect(pools.requestPool('10.42.0.0/16', '')).toMatchObject({ ok: false });
  expect(pools.requestPool('', '')).toMatchObject({ ok: false });
  expect(pools.requestPool('10.42.7.0/31', '')).toMatchObject({ ok: false });
  expect(pools.requestPool('10.42.7.0/30', '')).toMatchObject({ ok: true });
  expect(pools.requestPool(POOL, '10.42.2.0/30')).toMatchObject({ ok: false });
});

test('addresses come from the range of the pool', async () => {
  const result = pools.requestPool(POOL, '10.42.1.8/30');
  const id = result.ok ? result.value.id : '';
  const taken = await Promise.all([1, 2, 3, 4, 5].map(() => pools.requestAddress(id, '', false)));
  expect(taken.map((entry) => entry.ok && entry.value)).toEqual([
    '10.42.1.8/28',
    '10.42.1.9/28',
    '10.42.1.10/28',
    '10.42.1.11/28',
    false,
  ]);
});

test('a lease that Docker does not list is freed after a while, unless the list fails or has it again', async () => {
  await take();
  await take();
  await time.advance(20_000);
  used = null;
  await pools.reclaim();
  used = new Set(['10.42.1.2']);
  await pools.reclaim();
  await time.advance(29_999);
  await pools.reclaim();
  expect(leased()).toEqual([1, 2]);
  await time.advance(1);
  await pools.reclaim();
  expect(leased()).toEqual([2]);
});

test('a lease is learned from Docker, unless it was freed while Docker was listing', async () => {
  used = new Set(['10.42.1.5', '10.42.1.2']);
  await take();
  await take();
  const reclaiming = pools.reclaim();
  pools.releaseAddress(POOL, '10.42.1.2');
  await reclaiming;
  expect(leased()).toEqual([1, 5]);
});

test('releasing a pool frees its addresses, which then rest', async () => {
  await take();
  pools.releasePool(POOL);
  pools.releasePool(POOL);
  expect(leased()).toEqual([]);
  expect(await take()).toBe('10.42.1.2/28');
});

test('Q18: after 10,000 leases and releases all addresses are free again', async () => {
  for (let count = 0; count < 2000; count++) {
    const five = await Promise.all([1, 2, 3, 4, 5].map(() => take()));
    expect(new Set(five).size).toBe(5);
    for (const text of five) pools.releaseAddress(POOL, text.split('/')[0] ?? '');
    await time.advance(60_000);
  }
  expect(leased()).toEqual([]);
  expect(store.records(POOL)).toHaveLength(14);
});

test('Q34: malformed requests from Docker get an error', async () => {
  for (const body of [
    '',
    'null',
    '[]',
    '{"PoolID":7}',
    '{"PoolID":"x","Address":{}}',
    '{"PoolID":"1.2.3.4/99"}',
    '\u0000',
  ])
    for (const path of ['RequestPool', 'ReleasePool', 'RequestAddress', 'ReleaseAddress', 'Nonsense'])
      await expect(answer(pools, `/IpamDriver.${path}`, body)).resolves.toBeDefined();
  expect(await answer(pools, '/IpamDriver.RequestAddress', '{"PoolID":"x"}')).toMatchObject({ ok: false });
});

function leased(): number[] {
  return store.records(POOL).flatMap((record) => (record.leased ? [record.address % 256] : []));
}
