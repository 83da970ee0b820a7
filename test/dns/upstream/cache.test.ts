import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { type Cache, createCache } from '../../../dns/upstream/cache/cache.ts';
import { keepReply } from '../../../dns/upstream/message/kept-reply.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { asked, type MessageSketch, replyOf } from './messages.ts';

const LIMITS = { maxBytes: 1_000_000, maxStaleSeconds: 3_600 };
const clock = createFakeClock();
const fresh = (limits = LIMITS) => createCache({ clock }, limits);
const kept = (sketch: MessageSketch) => keepReply(replyOf(sketch), asked('www.example.com'), { maxTtlSeconds: 86_400 });
const address = (ttl: number, last = 1) => kept({ answers: [`www.example.com A ${ttl} 192.0.2.${last}`] });
const kindOf = (cache: Cache, key = 'k') => cache.find(key)?.kind ?? null;

/** Heap in use after garbage collection. */
function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  return process.memoryUsage().heapUsed;
}

const FAILURE = kept({ rcode: 'SERVFAIL' }).message;

describe('time', () => {
  test('an entry is fresh until its last second, then stale, then removed', async () => {
    const cache = fresh();
    cache.store('k', address(20));
    await clock.advance(19_999);
    expect(cache.find('k')).toMatchObject({ kind: 'fresh', hit: { ageSeconds: 19 } });
    await clock.advance(1);
    expect(cache.find('k')).toMatchObject({ kind: 'stale', recheck: true });
    await clock.advance(3_599_999);
    expect(kindOf(cache)).toBe('stale');
    await clock.advance(1);
    expect(kindOf(cache)).toBeNull();
    expect(cache.stats().bytes).toBe(0);
  });

  test('without stale answers an entry is removed after its last second', async () => {
    const cache = fresh({ ...LIMITS, maxStaleSeconds: 0 });
    cache.store('k', address(20));
    await clock.advance(20_000);
    expect(kindOf(cache)).toBeNull();
  });

  test('a reply that must not be kept removes the entry', async () => {
    const cache = fresh();
    cache.store('k', address(20));
    await clock.advance(20_000);
    cache.store('k', address(0));
    expect(kindOf(cache)).toBeNull();
  });
});

describe('failures', () => {
  test('are kept for 1, 2, 4, 5, 5 seconds, and for 1 again after a pause', async () => {
    const cache = fresh();
    for (const seconds of [1, 2, 4, 5, 5]) {
      cache.fail('k', FAILURE);
      await clock.advance(seconds * 1_000 - 1);
      expect(kindOf(cache)).toBe('failed');
      await clock.advance(1);
      expect(kindOf(cache)).toBeNull();
    }
    await clock.advance(60_000);
    cache.fail('k', FAILURE);
    await clock.advance(1_000);
    expect(kindOf(cache)).toBeNull();
  });

  test('never replace an answer: a stale one is used for 30 s without asking', async () => {
    const cache = fresh();
    cache.store('k', address(20));
    cache.fail('k', FAILURE);
    expect(kindOf(cache)).toBe('fresh');
    await clock.advance(60_000);
    cache.fail('k', null);
    expect(cache.find('k')).toMatchObject({ kind: 'stale', recheck: false });
    await clock.advance(30_000);
    expect(cache.find('k')).toMatchObject({ kind: 'stale', recheck: true });
    cache.store('k', address(20, 2));
    expect(kindOf(cache)).toBe('fresh');
  });
});

describe('size', () => {
  const fill = (cache: Cache, count: number, from = 0) => {
    for (let n = from; n < from + count; n += 1) cache.store(`key ${n}`.padEnd(30), address(300));
  };

  test('stays below the limit; the least recently used entry is evicted first', () => {
    const cache = fresh({ ...LIMITS, maxBytes: 10_000 });
    fill(cache, 5);
    const { bytes } = cache.stats();
    const room = Math.floor(10_000 / (bytes / 5));
    fill(cache, room - 5, 5);
    expect(cache.stats()).toMatchObject({ entries: room, evictions: 0 });
    expect(kindOf(cache, 'key 0'.padEnd(30))).toBe('fresh');
    fill(cache, 3, 1_000);
    expect(['key 0', 'key 1', 'key 2', 'key 3', 'key 4'].map((key) => kindOf(cache, key.padEnd(30)))).toEqual([
      'fresh',
      null,
      null,
      null,
      'fresh',
    ]);
    expect(cache.stats()).toMatchObject({ entries: room, evictions: 3 });
    expect(cache.stats().bytes).toBeLessThanOrEqual(10_000);
  });

  test('an entry larger than the cache is not kept and evicts nothing', () => {
    const cache = fresh({ ...LIMITS, maxBytes: 1_000 });
    cache.store('small', address(300));
    cache.store(
      'large',
      kept({ answers: Array.from({ length: 100 }, (_, n) => `www.example.com A 300 192.0.2.${n}`) }),
    );
    expect([kindOf(cache, 'small'), kindOf(cache, 'large')]).toEqual(['fresh', null]);
  });

  test('the counted size is the real size', () => {
    const before = heapBytes();
    const cache = fresh({ ...LIMITS, maxBytes: 8 * 1024 * 1024 });
    fill(cache, 40_000);
    const used = heapBytes() - before;
    const { bytes, entries } = cache.stats();
    expect(entries).toBeGreaterThan(10_000);
    expect(used / bytes).toBeLessThan(1.3);
    expect(used / bytes).toBeGreaterThan(0.6);
  });
});

test('counts', async () => {
  const cache = fresh();
  cache.find('k');
  cache.store('k', address(20));
  cache.find('k');
  await clock.advance(20_000);
  cache.find('k');
  cache.servedStale();
  expect(cache.stats()).toMatchObject({ entries: 1, hits: 1, misses: 2, stale: 1, evictions: 0 });
});
