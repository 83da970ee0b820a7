import { describe, expect } from 'vitest';
import type { BusBatch } from '../../bus/index.ts';
import type { BusDriver } from './bus.ts';
import { contractFixture, ENVIRONMENT, facts } from './bus-fixture.ts';

/** Start, close, and isolation. */
export function lifetimeContract(driver: BusDriver): void {
  describe('lifetime', () => {
    const { it } = contractFixture(driver);

    it('a bus can be closed unused, and more than once', async ({ store }) => {
      const bus = await store().connect(ENVIRONMENT);
      await bus.close();
      await bus.close();
      await Promise.all([bus.close(), bus.close()]);
      expect(bus.status().connected).toBe(false);
    });

    it('a closed bus rejects all calls', async ({ store, signal }) => {
      const bus = await store().connect(ENVIRONMENT);
      const lease = await bus.join('a', signal);
      await bus.close();
      await expect(bus.get('k')).rejects.toThrow();
      await expect(bus.put('k', 1)).rejects.toThrow();
      await expect(bus.list('')).rejects.toThrow();
      await expect(bus.join('b', signal)).rejects.toThrow();
      await expect(bus.lock('l', signal)).rejects.toThrow();
      await expect(lease.publish(facts({ n: 1 }))).rejects.toThrow();
    });

    it('closing ends watches and lock requests in the middle of work', async ({ store, signal }) => {
      const bus = await store().connect(ENVIRONMENT);
      const held = await bus.lock('dns', signal);
      const waiting = bus.lock('dns', signal);
      const refused = expect(waiting).rejects.toThrow();
      const watching = drain(bus.watch(signal));
      const lease = await bus.join('a', signal);
      const publishing = Promise.allSettled(Array.from({ length: 20 }, (_, n) => lease.publish(facts({ n }))));
      await bus.close();
      await Promise.all([watching, refused, publishing]);
      expect(await held.verify()).toBe(false);
      await held.release().catch(() => {});
    });

    it('a watch ends when its signal aborts, even before the start; other watches continue', async (fixture) => {
      const bus = await fixture.host();
      const [before, during] = [AbortSignal.abort(), new AbortController()];
      expect(await drain(bus.watch(before))).toBe(0);
      const other = fixture.observe(bus);
      const watching = drain(bus.watch(during.signal));
      await fixture.settled('the first complete state', other.synced);
      during.abort();
      await watching;
      await bus.put('k', 1);
      await fixture.settled('the document', () => other.documents.has('k'));
    });

    it('a consumer may stop its watch at any batch', async ({ host, signal }) => {
      const bus = await host();
      await bus.put('k', 1);
      for await (const batch of bus.watch(signal)) if (batch.synced) break;
      await bus.put('k', 2);
    });

    it('an aborted join rejects and leaves the bus usable', async ({ host, signal }) => {
      const bus = await host();
      await expect(bus.join('a', AbortSignal.abort(new Error('never mind')))).rejects.toThrow('never mind');
      await (await bus.join('a', signal)).publish(facts({ n: 1 }));
    });

    it('documents and the growth of revisions outlive every bus object', async ({ store }) => {
      const first = await store().connect(ENVIRONMENT);
      const put = await first.put('k', { kept: true });
      const lock = await first.lock('l', AbortSignal.timeout(20_000));
      await lock.release();
      await first.close();
      const second = await store().connect(ENVIRONMENT);
      const found = await second.get('k');
      expect(found).toEqual({ value: { kept: true }, revision: put.ok ? put.revision : -1 });
      const again = await second.put('k', 2);
      expect(again.ok && put.ok && again.revision > put.revision).toBe(true);
      const relocked = await second.lock('l', AbortSignal.timeout(20_000));
      expect(relocked.fencing).toBeGreaterThan(lock.fencing);
      await relocked.release();
      await second.close();
    });

    it('environments on one store are isolated', async ({ host, observe, settled, signal }) => {
      const [a, b] = [await host('one'), await host('two')];
      const [seenByA, seenByB] = [observe(a), observe(b)];
      await (await a.join('host', signal)).publish(facts({ of: 'one' }));
      await (await b.join('host', signal)).publish(facts({ of: 'two' }));
      expect((await a.put('k', 'one', 0)).ok).toBe(true);
      expect((await b.put('k', 'two', 0)).ok).toBe(true);
      const locks = [await a.lock('l', signal), await b.lock('l', signal)];
      for (const lock of locks) expect(await lock.verify()).toBe(true);
      await settled('both', () => seenByA.documents.has('k') && seenByB.documents.has('k'));
      await settled('facts', () => seenByA.hosts.has('host') && seenByB.hosts.has('host'));
      expect([seenByA.fact('host', 'of'), seenByB.fact('host', 'of')]).toEqual(['one', 'two']);
      expect((await a.get('k'))?.value).toBe('one');
      await b.delete('k');
      expect((await a.get('k'))?.value).toBe('one');
      for (const lock of locks) await lock.release();
    });

    it('the status has the driver and the connection', async ({ host }) => {
      const bus = await host();
      const since = Date.now();
      await bus.get('k');
      const { driver: name, connected, problem, lastContactMs } = bus.status();
      expect({ connected, problem }).toEqual({ connected: true, problem: null });
      expect(name).not.toBe('');
      expect(lastContactMs).toBeGreaterThanOrEqual(since - 1000);
    });
  });
}

/** Consumes a watch to its end; gives the number of batches. */
async function drain(batches: AsyncIterable<BusBatch>): Promise<number> {
  let count = 0;
  for await (const _batch of batches) count += 1;
  return count;
}
