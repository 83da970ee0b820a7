import { describe, expect } from 'vitest';
import type { BusDriver } from './bus.ts';
import { contractFixture, facts } from './bus-fixture.ts';

/** Publishing and watching facts. */
export function factContract(driver: BusDriver): void {
  describe('facts', () => {
    const { it } = contractFixture(driver);

    it('a watch of an empty bus yields a complete, empty state', async ({ host, observe, settled }) => {
      const observer = observe(await host());
      await settled('the first complete state', observer.synced);
      expect([...observer.hosts]).toEqual([]);
      expect([...observer.documents]).toEqual([]);
    });

    it('another host sees all published facts, without the removed ones', async (fixture) => {
      const [a, b] = [await fixture.host(), await fixture.host()];
      const observer = fixture.observe(b);
      const lease = await a.join('a', fixture.signal);
      await lease.publish(facts({ host: { name: 'alpha' }, 'container/1': { state: 'running' }, 'container/2': 2 }));
      await lease.publish(new Map([['container/1', null]]));
      await fixture.settled('the second publish', () => observer.hosts.get('a')?.size === 2);
      expect(Object.fromEntries(observer.hosts.get('a') ?? [])).toEqual({ host: { name: 'alpha' }, 'container/2': 2 });
    });

    it('a later watcher first gets everything', async ({ host, observe, settled, signal }) => {
      const [a, b] = [await host(), await host()];
      await (await a.join('a', signal)).publish(facts({ host: 'alpha' }));
      await (await b.join('b', signal)).publish(facts({ host: 'beta' }));
      await a.put('service/shop/web', { kind: 'service' });
      const observer = observe(b);
      await settled('the first complete state', observer.synced);
      expect([...observer.hosts.keys()].sort()).toEqual(['a', 'b']);
      expect(observer.documents.get('service/shop/web')?.value).toEqual({ kind: 'service' });
    });

    it('several watchers see the same facts', async ({ host, observe, settled, signal }) => {
      const bus = await host();
      const observers = [observe(bus), observe(bus), observe(await host())];
      const lease = await bus.join('a', signal);
      for (let n = 0; n < 10; n += 1) await lease.publish(facts({ n }));
      for (const observer of observers) await settled('the last value', () => observer.fact('a', 'n') === 9);
    });

    it('unchanged values keep their identity', async ({ host, observe, settled, signal }) => {
      const bus = await host();
      const observer = observe(await host());
      const lease = await bus.join('a', signal);
      await lease.publish(facts({ still: { deep: ['value'] }, n: 1 }));
      await settled('the first value', () => observer.fact('a', 'n') === 1);
      const still = observer.fact('a', 'still');
      await lease.publish(facts({ still: { deep: ['value'] }, n: 2 }));
      await settled('the second value', () => observer.fact('a', 'n') === 2);
      expect(observer.fact('a', 'still')).toBe(still);
    });

    it('watchers see the changes of one publish together', async ({ host, observe, settled, signal }) => {
      const bus = await host();
      const observer = observe(await host());
      const torn: unknown[] = [];
      observer.onBatch(() => {
        const [x, y] = [observer.fact('a', 'container/x'), observer.fact('a', 'container/y')];
        if (x !== y) torn.push([x, y]);
      });
      const lease = await bus.join('a', signal);
      for (let n = 0; n < 50; n += 1) await lease.publish(facts({ 'container/x': n, 'container/y': n }));
      await settled('the last pair', () => observer.fact('a', 'container/y') === 49);
      expect(torn).toEqual([]);
    });

    it('overlapping calls are applied in order', async ({ host, observe, settled, signal }) => {
      const bus = await host();
      const observer = observe(await host());
      const lease = await bus.join('a', signal);
      await Promise.all(Array.from({ length: 20 }, (_, n) => lease.publish(facts({ n, [`c${n % 3}`]: n }))));
      await settled('the last value', () => observer.fact('a', 'n') === 19);
      expect(Object.fromEntries(observer.hosts.get('a') ?? [])).toEqual({ n: 19, c0: 18, c1: 19, c2: 17 });
    });

    it('a slow consumer gets fewer batches and the latest state', async ({ host, observe, settled, signal }) => {
      const bus = await host();
      const observer = observe(await host());
      await settled('the first complete state', observer.synced);
      const busy = Promise.withResolvers<void>();
      observer.onBatch(() => busy.promise);
      const lease = await bus.join('a', signal);
      for (let n = 0; n < 40; n += 1) await lease.publish(facts({ n, [`only/${n}`]: n }));
      await bus.put('service/late', 'there');
      const before = observer.batchCount();
      busy.resolve();
      await settled('the last value', () => observer.fact('a', 'n') === 39 && observer.documents.has('service/late'));
      expect(observer.hosts.get('a')?.size).toBe(41);
      expect(observer.batchCount() - before).toBeLessThan(10);
    });

    it('the order of the facts does not matter', async ({ host, observe, settled, signal }) => {
      const bus = await host();
      const observer = observe(await host());
      const entries = Array.from({ length: 20 }, (_, n): [string, number] => [`container/${n}`, n]);
      const [a, b] = [await bus.join('a', signal), await bus.join('b', signal)];
      for (const entry of entries) await a.publish(new Map([entry]));
      for (const entry of entries.toReversed()) await b.publish(new Map([entry]));
      await settled('both', () => observer.hosts.get('a')?.size === 20 && observer.hosts.get('b')?.size === 20);
      expect(Object.fromEntries(observer.hosts.get('a') ?? [])).toEqual(
        Object.fromEntries(observer.hosts.get('b') ?? []),
      );
    });

    it('the facts of one host may exceed 512 kB', async ({ host, observe, settled, signal }) => {
      const bus = await host();
      const observer = observe(await host());
      // Hardly compressible, so that compression alone does not make them fit.
      const noise = (seed: number) => Array.from({ length: 150 }, (_, n) => Math.sin(seed * 151 + n));
      const all = new Map(Array.from({ length: 400 }, (_, n) => [`container/${n}`, { noise: noise(n) }]));
      const lease = await bus.join('a', signal);
      await lease.publish(all);
      await settled('all facts', () => observer.hosts.get('a')?.size === 400);
      expect(observer.fact('a', 'container/399')).toEqual({ noise: noise(399) });
      await lease.publish(facts({ 'container/7': 'changed' }));
      await settled('the change', () => observer.fact('a', 'container/7') === 'changed');
      expect(observer.hosts.get('a')?.size).toBe(400);
    });

    it(
      'a watch survives a lost connection and then yields the changes',
      async ({ host, store, observe, settled, signal }) => {
        const [a, b] = [await host(), await host()];
        const observer = observe(b);
        const [lease, leaving] = [await a.join('a', signal), await a.join('leaving', signal)];
        await lease.publish(facts({ n: 1, gone: 1 }));
        await leaving.publish(facts({ n: 1 }));
        await a.put('service/old', 1);
        await settled('before the cut', () => observer.hosts.size === 2 && observer.documents.has('service/old'));
        const hint = await store().cut(b);
        await lease.publish(new Map([['n', 2], ['gone', null]])); // biome-ignore format: one line
        await leaving.close();
        await a.delete('service/old');
        await a.put('service/new', 1);
        await hint();
        await settled('after the cut', () => observer.fact('a', 'n') === 2 && observer.documents.has('service/new'));
        await settled('what has gone', () => !observer.hosts.has('leaving') && !observer.documents.has('service/old'));
        expect(observer.fact('a', 'gone')).toBeUndefined();
      },
      { fault: 'cut' },
    );
  });
}
