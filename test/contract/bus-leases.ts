import { describe, expect } from 'vitest';
import { poll } from '../support/poll.ts';
import type { BusDriver } from './bus.ts';
import { contractFixture, ENVIRONMENT, facts } from './bus-fixture.ts';

/** The lease of a host: leaving, expiry and return. */
export function leaseContract(driver: BusDriver): void {
  describe('leases', () => {
    const { it } = contractFixture(driver);
    const { leaseExpiryMs, settleMs } = driver.timing;

    it('close withdraws all facts, and may be called more than once', async ({ host, observe, settled, signal }) => {
      const bus = await host();
      const observer = observe(await host());
      const lease = await bus.join('a', signal);
      await lease.publish(facts({ host: 'alpha', n: 1 }));
      await settled('the facts', () => observer.hosts.has('a'));
      await lease.close();
      await lease.close();
      await settled('their end', () => !observer.hosts.has('a'));
      await expect(lease.publish(facts({ n: 2 }))).rejects.toThrow();
    });

    it('a lease that never published can be closed', async ({ host, signal }) => {
      await (await (await host()).join('a', signal)).close();
    });

    it('the first publish after joining again replaces the earlier facts without a gap', async (fixture) => {
      const bus = await fixture.host();
      const observer = fixture.observe(await fixture.host());
      const first = await bus.join('a', fixture.signal);
      await first.publish(facts({ old: 1, both: 1 }));
      await fixture.settled('the first facts', () => observer.hosts.has('a'));
      const second = await (await fixture.host()).join('a', fixture.signal);
      await second.publish(facts({ both: 2, new: 2 }));
      await fixture.settled('the second facts', () => observer.fact('a', 'new') === 2);
      expect(Object.fromEntries(observer.hosts.get('a') ?? [])).toEqual({ both: 2, new: 2 });
      expect(observer.gone).toEqual([]);
      await second.publish(facts({ both: 3 }));
      await fixture.settled('the third facts', () => observer.fact('a', 'both') === 3);
      expect(observer.fact('a', 'new')).toBe(2);
    });

    it('closing a replaced lease does not affect the newer one', async ({ host, observe, settled, signal }) => {
      const bus = await host();
      const observer = observe(await host());
      const first = await bus.join('a', signal);
      await first.publish(facts({ n: 1 }));
      const second = await bus.join('a', signal);
      await second.publish(facts({ n: 2 }));
      await first.close();
      await second.publish(facts({ m: 3 }));
      await settled('the newest', () => observer.fact('a', 'm') === 3);
      expect(observer.fact('a', 'n')).toBe(2);
      expect(observer.gone).toEqual([]);
    });

    it(
      'the holder of an expired lease is notified and can join again',
      async ({ host, store, observe, settled, signal }) => {
        const bus = await host();
        const observer = observe(await host());
        const lease = await bus.join('a', signal);
        await lease.publish(facts({ n: 1 }));
        await settled('the facts', () => observer.hosts.has('a'));
        await store().expireLease(ENVIRONMENT, 'a');
        await settled('lost', () => lease.lost.aborted);
        await settled('their end', () => !observer.hosts.has('a'));
        await expect(lease.publish(facts({ n: 2 }))).rejects.toThrow();
        const again = await bus.join('a', signal);
        await again.publish(facts({ n: 3 }));
        await settled('the facts again', () => observer.fact('a', 'n') === 3);
        expect(again.lost.aborted).toBe(false);
      },
      { fault: 'expireLease' },
    );

    it(
      'a host that stops responding is removed after its time to live; one that restarts in time stays',
      async ({ host, observe, settled, signal }) => {
        const observer = observe(await host());
        const [silent, restarting] = [await host(), await host()];
        await (await silent.join('silent', signal)).publish(facts({ n: 1 }));
        await (await restarting.join('restarting', signal)).publish(facts({ n: 1 }));
        await settled('both', () => observer.hosts.size === 2);
        await Promise.all([silent.close(), restarting.close()]);
        const restarted = await (await host()).join('restarting', signal);
        await restarted.publish(facts({ n: 2 }));
        await settled('the restarted one', () => observer.fact('restarting', 'n') === 2);
        await poll(() => !observer.hosts.has('silent'), { what: 'the silent host to go', timeoutMs: leaseExpiryMs });
        await restarted.publish(facts({ n: 3 }));
        await settled('the restarted one again', () => observer.fact('restarting', 'n') === 3);
        expect(observer.gone).toEqual(['silent']);
        expect(restarted.lost.aborted).toBe(false);
      },
      { hosts: 'many', timeoutMs: leaseExpiryMs + 6 * settleMs + 10_000 },
    );
  });
}
