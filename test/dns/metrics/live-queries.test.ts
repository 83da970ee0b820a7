import { expect, test } from 'vitest';
import { createLiveQueries, type Seen } from '../../../dns/metrics/live-queries.ts';
import { createDetails } from '../../../dns/query/details.ts';

/** 10.0.0.1. */
const ONE = 0x0a000001;
const TWO = 0x0a000002;

function setUp() {
  let nowMs = 0;
  const live = createLiveQueries({ clock: { monotonic: () => nowMs } }, { shownPerSecond: 3, divertedPerSecond: 5 });
  const told: string[] = [];
  return {
    live,
    told,
    pass: (ms: number) => {
      nowMs += ms;
    },
    watch: (from: ((address: string) => boolean) | null = null, wanted: (seen: Seen) => boolean = () => true) =>
      live.watch({ from, wanted, onQuery: ({ client }) => told.push(client.address) }),
    see: (address: string, rcode = 0) =>
      live.saw({
        client: { address, transport: 'udp' },
        details: createDetails(),
        reply: Buffer.alloc(12),
        rcode,
        micros: 1,
      }),
  };
}

test('without watchers no query is diverted', () => {
  const { live, watch } = setUp();
  expect([live.watched(), live.divert(ONE)]).toEqual([false, false]);
  const watching = watch();
  expect([live.watched(), live.divert(ONE)]).toEqual([true, true]);
  watching.stop();
  watching.stop();
  expect([live.watched(), live.divert(ONE)]).toEqual([false, false]);
});

test('a limited number of queries per second is diverted and shown; the others are counted', () => {
  const { live, told, watch, see, pass } = setUp();
  const watching = watch();
  expect(Array.from({ length: 7 }, () => live.divert(ONE))).toEqual([true, true, true, true, true, false, false]);
  for (let n = 0; n < 5; n += 1) see('10.0.0.1');
  expect(told).toHaveLength(3);
  expect([watching.takeLeftOut(), watching.takeLeftOut()]).toEqual([4, 0]);
  pass(1_000);
  expect(live.divert(ONE)).toBe(true);
  see('10.0.0.1');
  expect(told).toHaveLength(4);
});

test('a watcher of one client gets its queries, and no other client is diverted', () => {
  const { live, told, watch, see, pass } = setUp();
  const asked: string[] = [];
  let wanted = '10.0.0.2';
  const watching = watch((address) => {
    asked.push(address);
    return address === wanted;
  });
  for (let n = 0; n < 100; n += 1) expect(live.divert(ONE)).toBe(false);
  expect(live.divert(TWO)).toBe(true);
  expect(asked).toEqual(['10.0.0.1', '10.0.0.2']);
  see('10.0.0.1');
  see('10.0.0.2');
  expect([told, watching.takeLeftOut()]).toEqual([['10.0.0.2'], 0]);
  // An address can move to another container.
  wanted = '10.0.0.1';
  pass(1_001);
  expect([live.divert(ONE), live.divert(TWO)]).toEqual([true, false]);
});

test('filtered queries do not use up the limit', () => {
  const { told, watch, see } = setUp();
  const watching = watch(null, ({ rcode }) => rcode === 3);
  for (let n = 0; n < 10; n += 1) see('10.0.0.1');
  see('10.0.0.2', 3);
  expect([told, watching.takeLeftOut()]).toEqual([['10.0.0.2'], 0]);
});

test('each watcher has its own limit', () => {
  const { told, watch, see } = setUp();
  const [one, two] = [watch(), watch((address) => address === '10.0.0.2')];
  for (let n = 0; n < 4; n += 1) see('10.0.0.1');
  for (let n = 0; n < 4; n += 1) see('10.0.0.2');
  expect(told.sort()).toEqual(['10.0.0.1', '10.0.0.1', '10.0.0.1', '10.0.0.2', '10.0.0.2', '10.0.0.2']);
  expect([one.takeLeftOut(), two.takeLeftOut()]).toEqual([5, 1]);
});
