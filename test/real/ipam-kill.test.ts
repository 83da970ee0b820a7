import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { createAddressPools } from '../../overlay/ipam/address-pools.ts';
import { openLeaseStore } from '../../overlay/ipam/lease-store.ts';
import { systemClock } from '../../system/index.ts';
import { type Daemon, startDaemon } from '../support/daemon.ts';
import { IPAM_PROGRAM } from '../support/ipam.ts';
import { askIpam } from '../support/ipam-client.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';
import { testLog } from '../support/test-log.ts';

const POOL = '10.42.0.0/22';
const REST_MS = 100;
const KILLS = 8;
const LEAST_BETWEEN_KILLS = 25;
const resources = createResources();
afterAll(() => resources.close());

test('Q18: kill -9 at any step: no address is assigned twice, and unanswered leases are freed', {}, async () => {
  const dir = await mkdtemp(join(tmpdir(), 'drover-ipam-'));
  resources.add(dir, () => rm(dir, { recursive: true }));
  const [socket, file] = [join(dir, 'drover.sock'), join(dir, 'ipam.db')];
  const start = async (): Promise<Daemon> => {
    const settings = JSON.stringify({ restMs: REST_MS });
    const driver = startDaemon(process.execPath, [IPAM_PROGRAM, socket, file, join(dir, 'none.sock'), settings]);
    resources.add('IPAM driver', () => driver.stop());
    await poll(() => driver.stdout().includes('ready'), { what: 'the driver', giveUp: driver.assertRunning });
    return driver;
  };
  let driver = await start();
  expect(await askIpam(socket, 'RequestPool', { Pool: POOL })).toMatchObject({ PoolID: POOL });

  // What Docker would know: addresses that were assigned and not released.
  const held = new Set<string>();
  let answered = 0;
  let broken = 0;
  let running = true;
  const work = async (): Promise<void> => {
    const mine: string[] = [];
    while (running) {
      try {
        if (mine.length > 5 || Math.random() < 0.4) {
          const address = mine.shift();
          if (address === undefined) continue;
          // After the release was sent, the address may be assigned again, whether or not there was a reply.
          held.delete(address);
          await askIpam(socket, 'ReleaseAddress', { PoolID: POOL, Address: address });
        } else {
          const { Address } = await askIpam(socket, 'RequestAddress', { PoolID: POOL, Address: '', Options: null });
          const address = String(Address).split('/')[0] ?? '';
          expect(held.has(address), `${address} given twice`).toBe(false);
          held.add(address);
          mine.push(address);
        }
        answered += 1;
      } catch (error) {
        if (!('code' in (error as object))) throw error;
        broken += 1;
        await sleep(5);
      }
    }
  };
  const kill = async (): Promise<void> => {
    // Even on a slow machine there must be leases to lose.
    const before = answered;
    await poll(() => answered >= before + LEAST_BETWEEN_KILLS, { what: 'answers', giveUp: driver.assertRunning });
    await sleep(Math.random() * 150);
    driver.signal('SIGKILL');
    await driver.exit;
    driver = await start();
  };
  const killer = (async () => {
    try {
      for (let round = 0; round < KILLS; round++) await kill();
    } finally {
      running = false;
    }
  })();
  await Promise.all([killer, ...Array.from({ length: 6 }, work)]);
  await driver.stop();
  expect(answered).toBeGreaterThanOrEqual(KILLS * LEAST_BETWEEN_KILLS);
  expect(broken).toBeGreaterThan(0);

  const store = openLeaseStore(file, { log: testLog('ipam'), nowMs: Date.now() });
  const leased = () =>
    new Set(
      store
        .records(POOL)
        .filter((r) => r.leased)
        .map(({ address }) => format(address)),
    );
  expect(held.isSubsetOf(leased())).toBe(true);
  const deps = { store, clock: systemClock, log: testLog('ipam'), listUsed: async () => held };
  const pools = createAddressPools(deps, { restMs: REST_MS, settleMs: 0, orphanMs: 0 });
  await poll(
    async () => {
      await pools.reclaim();
      return leased().size === held.size;
    },
    { what: 'unanswered leases to be freed' },
  );
  expect(leased()).toEqual(held);
  store.close();
});

function format(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
}
