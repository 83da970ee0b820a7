import { describe, expect } from 'vitest';
import type { Bus, PutResult } from '../../bus/index.ts';
import type { BusDriver } from './bus.ts';
import { contractFixture } from './bus-fixture.ts';

/** Durable documents with compare-and-set. */
export function documentContract(driver: BusDriver): void {
  describe('documents', () => {
    const { it } = contractFixture(driver);

    it('a document that was put can be read, listed by prefix and watched', async ({ host, observe, settled }) => {
      const [a, b] = [await host(), await host()];
      const observer = observe(b);
      const value = { text: 'ünï', list: [1, null, true], none: null };
      const put = await a.put('service/shop/web', value);
      await a.put('services/not-this', 1);
      expect(await b.get('service/shop/web')).toEqual({ value, revision: revisionOf(put) });
      expect([...(await b.list('service/'))]).toEqual([['service/shop/web', { value, revision: revisionOf(put) }]]);
      expect((await b.list('nothing/')).size).toBe(0);
      expect(await b.get('service/shop')).toBeNull();
      await settled('the documents', () => observer.documents.size === 2);
      expect(observer.documents.get('service/shop/web')).toEqual({ value, revision: revisionOf(put) });
    });

    it('keys and values may contain any characters', async ({ host, observe, settled }) => {
      const [a, b] = [await host(), await host()];
      const observer = observe(b);
      const keys = [
        'subnet/10.42.0.0_24',
        'service/a b/c%2Fd',
        'service/ünï/☃',
        'service/q?x=1&y#z',
        'service/\'"/;--',
      ];
      for (const key of keys) await a.put(key, { key });
      for (const key of keys) expect((await b.get(key))?.value).toEqual({ key });
      expect([...(await b.list('')).keys()].sort()).toEqual(keys.toSorted());
      await settled('all of them', () => keys.every((key) => observer.documents.has(key)));
      for (const value of [null, false, 0, '', [], {}]) {
        await a.put('service/plain', value);
        expect((await b.get('service/plain'))?.value).toEqual(value);
      }
    });

    it('expect 0 only creates; a stale revision is refused with the present document', async ({ host }) => {
      const [a, b] = [await host(), await host()];
      const first = await a.put('k', 1, 0);
      expect(first.ok).toBe(true);
      const again = await b.put('k', 2, 0);
      expect(again).toEqual({ ok: false, current: { value: 1, revision: revisionOf(first) } });
      const second = await b.put('k', 3, revisionOf(first));
      expect(second.ok).toBe(true);
      expect(await a.put('k', 4, revisionOf(first))).toEqual({
        ok: false,
        current: { value: 3, revision: revisionOf(second) },
      });
      expect(await a.put('missing', 1, revisionOf(second))).toEqual({ ok: false, current: null });
    });

    it('exactly one of many writers creates a key, and all learn which one', async ({ host }) => {
      const buses = [await host(), await host(), await host()];
      for (let round = 0; round < 5; round += 1) {
        const key = `subnet/${round}`;
        const claims = Array.from({ length: 9 }, (_, n) => (buses[n % 3] as Bus).put(key, { claimant: n }, 0));
        const results = await Promise.all(claims);
        const winners = results.flatMap((result, n) => (result.ok ? [n] : []));
        expect(winners).toHaveLength(1);
        const standing = await (buses[0] as Bus).get(key);
        expect(standing?.value).toEqual({ claimant: winners[0] });
        for (const result of results) if (!result.ok) expect(result.current).toEqual(standing);
      }
    });

    it('no update is lost when several writers increment with compare-and-set', async ({ host }) => {
      const buses = [await host(), await host(), await host()];
      await (buses[0] as Bus).put('count', 0);
      await Promise.all(buses.map((bus) => count(bus, 'count', 8)));
      expect((await (buses[1] as Bus).get('count'))?.value).toBe(24);
    });

    it('delete is refused with a stale revision, and succeeds with the present one or none', async (fixture) => {
      const [a, b] = [await fixture.host(), await fixture.host()];
      const observer = fixture.observe(b);
      const old = revisionOf(await a.put('k', 1));
      const now = revisionOf(await a.put('k', 2));
      await fixture.settled('the document', () => observer.documents.get('k')?.value === 2);
      expect(await b.delete('k', old)).toEqual({ ok: false, current: { value: 2, revision: now } });
      expect((await b.delete('k', now)).ok).toBe(true);
      expect((await b.delete('k')).ok).toBe(true);
      expect(await a.get('k')).toBeNull();
      await fixture.settled('its end', () => !observer.documents.has('k'));
      await a.put('k', 3);
      expect((await a.delete('k')).ok).toBe(true);
      expect(await b.get('k')).toBeNull();
    });

    it('the revisions of a key only grow, even across its deletion', async ({ host }) => {
      const bus = await host();
      const revisions: number[] = [];
      for (let n = 0; n < 5; n += 1) {
        revisions.push(revisionOf(await bus.put('k', n)));
        await bus.put('other', n);
        revisions.push(revisionOf(await bus.put('k', n)));
        await bus.delete('k');
      }
      expect(revisions[0]).toBeGreaterThan(0);
      expect(revisions).toEqual([...new Set(revisions)].sort((x, y) => x - y));
      expect((await bus.put('k', 'late', revisions.at(-1))).ok).toBe(false);
    });

    it('a document may have 700 kB', async ({ host, observe, settled }) => {
      const [a, b] = [await host(), await host()];
      const observer = observe(b);
      const noise = Array.from({ length: 38_000 }, (_, n) => Math.sin(n));
      expect(JSON.stringify(noise).length).toBeGreaterThan(700_000);
      const put = await a.put('service/large', { noise });
      expect(await b.get('service/large')).toEqual({ value: { noise }, revision: revisionOf(put) });
      await settled('the document', () => observer.documents.has('service/large'));
      expect(observer.documents.get('service/large')?.value).toEqual({ noise });
      expect((await b.put('service/large', 'small now', revisionOf(put))).ok).toBe(true);
      expect((await a.get('service/large'))?.value).toBe('small now');
      expect([...(await a.list('service/')).keys()]).toEqual(['service/large']);
      await settled('the small one', () => observer.documents.get('service/large')?.value === 'small now');
    });
  });
}

function revisionOf(result: PutResult): number {
  if (!result.ok) throw new Error(`refused: ${JSON.stringify(result.current)}`);
  return result.revision;
}

async function count(bus: Bus, key: string, times: number): Promise<void> {
  for (let done = 0; done < times; ) {
    const now = await bus.get(key);
    const result = await bus.put(key, Number(now?.value) + 1, now?.revision ?? 0);
    if (result.ok) done += 1;
  }
}
