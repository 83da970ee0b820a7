import { describe, expect } from 'vitest';
import type { Bus } from '../../bus/index.ts';
import { poll } from '../support/poll.ts';
import type { BusDriver } from './bus.ts';
import { contractFixture, ENVIRONMENT } from './bus-fixture.ts';

/** Leader locks and their fencing numbers. */
export function lockContract(driver: BusDriver): void {
  describe('locks', () => {
    const { it } = contractFixture(driver);
    const { leaseExpiryMs, settleMs } = driver.timing;

    it('a lock has one holder at a time, each with a higher fencing number', async ({ host, signal }) => {
      const buses = [await host(), await host(), await host()];
      let holders = 0;
      const fencings: number[] = [];
      const lead = async (at: number): Promise<void> => {
        const lock = await (buses[at % 3] as Bus).lock('dns', signal);
        holders += 1;
        expect(holders).toBe(1);
        expect(await lock.verify()).toBe(true);
        expect(lock.lost.aborted).toBe(false);
        fencings.push(lock.fencing);
        holders -= 1;
        await lock.release();
      };
      await Promise.all([0, 1, 2, 3, 4, 5].map(lead));
      expect(fencings).toHaveLength(6);
      expect(fencings).toEqual([...new Set(fencings)].sort((x, y) => x - y));
    }, { timeoutMs: 12 * settleMs + 10_000 }); // biome-ignore format: the options belong to the title

    it('the next holder waits for the release; a released lock is not held', async ({ host, settled, signal }) => {
      const [a, b] = [await host(), await host()];
      const first = await a.lock('dns', signal);
      let second: typeof first | undefined;
      const waiting = b.lock('dns', signal).then((lock) => {
        second = lock;
      });
      expect(await first.verify()).toBe(true);
      expect(second).toBeUndefined();
      await first.release();
      await first.release();
      await settled('the next holder', () => second !== undefined);
      await waiting;
      expect(await first.verify()).toBe(false);
      expect(await second?.verify()).toBe(true);
      expect(second?.fencing).toBeGreaterThan(first.fencing);
      await second?.release();
    });

    it('locks with different names are independent', async ({ host, signal }) => {
      const bus = await host();
      const locks = [await bus.lock('dns', signal), await bus.lock('lb', signal), await bus.lock('dns/b', signal)];
      for (const lock of locks) expect(await lock.verify()).toBe(true);
      for (const lock of locks) await lock.release();
    });

    it('an aborted wait rejects with the reason and never gets the lock', async ({ host, signal }) => {
      const [a, b] = [await host(), await host()];
      const first = await a.lock('dns', signal);
      const patience = new AbortController();
      const waiting = b.lock('dns', patience.signal);
      patience.abort(new Error('out of patience'));
      await expect(waiting).rejects.toThrow('out of patience');
      await expect(b.lock('dns', patience.signal)).rejects.toThrow('out of patience');
      await first.release();
      const next = await a.lock('dns', signal);
      expect(await next.verify()).toBe(true);
      await next.release();
    });

    it(
      'an expired holder is notified, and the next one has a higher fencing number',
      async (fixture) => {
        const [a, b] = [await fixture.host(), await fixture.host()];
        const first = await a.lock('dns', fixture.signal);
        await fixture.store().expireLock(ENVIRONMENT, 'dns');
        await fixture.settled('lost', () => first.lost.aborted);
        expect(await first.verify()).toBe(false);
        const second = await b.lock('dns', fixture.signal);
        expect(second.fencing).toBeGreaterThan(first.fencing);
        await first.release();
        expect(await second.verify()).toBe(true);
        await second.release();
      },
      { fault: 'expireLock' },
    );

    it(
      'another holder follows one that closed its bus or stopped responding',
      async ({ host, signal }) => {
        const [a, b] = [await host(), await host()];
        const first = await a.lock('dns', signal);
        await a.close();
        expect(first.lost.aborted).toBe(true);
        expect(await first.verify()).toBe(false);
        let fencing = 0;
        const waiting = b.lock('dns', signal).then((lock) => {
          fencing = lock.fencing;
        });
        await poll(() => fencing > first.fencing, { what: 'the next holder', timeoutMs: leaseExpiryMs });
        await waiting;
      },
      { hosts: 'many', timeoutMs: leaseExpiryMs + 6 * settleMs + 10_000 },
    );
  });
}
