import { expect, test } from 'vitest';
import { probedBy, probersOf, ringOf } from '../../../bus/liveness/ring.ts';

const hosts = (count: number) => Array.from({ length: count }, (_, n) => `host-${n}`);

test('each host is probed by three others and probes three', () => {
  for (const count of [4, 5, 50, 1000]) {
    const all = ringOf(hosts(count));
    for (const host of all.slice(0, 10)) {
      expect(new Set(probersOf(host, all)).size).toBe(3);
      expect(probersOf(host, all)).not.toContain(host);
      for (const prober of probersOf(host, all)) expect(probedBy(prober, all)).toContain(host);
    }
  }
});

test('with few hosts each one probes all others', () => {
  expect(probersOf('host-0', ringOf(hosts(1)))).toEqual([]);
  expect(probersOf('host-0', ringOf(hosts(2)))).toEqual(['host-1']);
  expect(probedBy('host-1', ringOf(hosts(3))).toSorted()).toEqual(['host-0', 'host-2']);
});

test('the order of the host ids does not matter', () => {
  const all = hosts(40);
  expect(ringOf(all.toReversed())).toEqual(ringOf(all));
  expect(ringOf(all)).not.toEqual(all);
});
