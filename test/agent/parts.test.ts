import { afterEach, beforeEach, expect, test } from 'vitest';
import { createParts, type Parts } from '../../agent/parts/parts.ts';
import { type Component, createDriver } from '../../reconcile/index.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { testLog } from '../support/test-log.ts';

const log = testLog('parts');
let clock: FakeClock;
let stop: AbortController;
let parts: Parts;

beforeEach(() => {
  clock = createFakeClock();
  stop = new AbortController();
  parts = createParts({ clock, log, random: () => 1 }, stop.signal);
});
afterEach(async () => {
  stop.abort();
  await parts.ended();
});

test('a part that throws is restarted alone; its error is shown until it works', async () => {
  let crashes = 0;
  let otherStarts = 0;
  let repaired = false;
  parts.start({
    other: async (signal, report) => {
      otherStarts += 1;
      report.done();
      await clock.sleep(60_000, signal);
    },
    flaky: async (signal, report) => {
      if (!repaired) {
        crashes += 1;
        throw new Error('the disk is full');
      }
      report.done();
      await clock.sleep(60_000, signal);
    },
  });
  await clock.advance(200);
  expect(crashes).toBe(2);
  const [other, flaky] = parts.status();
  expect(other?.problems).toEqual([]);
  expect(flaky?.problems.map(({ what }) => what)).toEqual(['the disk is full']);
  expect([parts.isDone('other'), parts.isDone('flaky')]).toEqual([true, false]);
  repaired = true;
  await clock.advance(400);
  expect(parts.status()[1]).toMatchObject({ problems: [], lastAppliedAtMs: clock.now() });
  expect(otherStarts).toBe(1);
});

test('the pauses before a restart grow, and are reset after a minute of work', async () => {
  const starts: number[] = [];
  let workMs = 0;
  parts.start({
    flaky: async (signal) => {
      starts.push(clock.monotonic());
      await clock.sleep(workMs, signal);
      throw new Error('broken');
    },
  });
  await clock.advance(200 + 400 + 800);
  expect(starts).toEqual([0, 200, 600, 1400]);
  workMs = 60_001;
  await clock.advance(1600); // the fifth start, which works for a minute
  workMs = 0;
  await clock.advance(60_001 + 200);
  expect(starts.slice(4)).toEqual([3000, 3000 + 60_001 + 200]);
});

test('less than a minute of work does not reset the pauses', async () => {
  const starts: number[] = [];
  parts.start({
    flaky: async (signal) => {
      starts.push(clock.monotonic());
      await clock.sleep(60_000, signal);
      throw new Error('broken');
    },
  });
  await clock.advance(60_000 + 200 + 60_000 + 400);
  expect(starts).toEqual([0, 60_200, 120_600]);
});

test('held deletions are reported with the command that confirms them, and are made once confirmed (Q8)', async () => {
  const world = new Set(['a', 'b', 'c', 'd']);
  const wanted = ['a'];
  const routes: Component<{ readonly revision: number }, readonly string[], readonly string[], string> = {
    name: 'routes',
    desired: () => wanted,
    applier: {
      observe: async () => [...world],
      plan: (desired, observed) => ({ changes: observed.filter((one) => !desired.includes(one)), problems: [] }),
      apply: async (change) => void world.delete(change),
      format: (change) => `delete ${change}`,
    },
    deletionLimit: {
      share: 0.5,
      minimum: 1,
      owned: (observed) => observed.length,
      deletions: (change) => [`delete ${change}`],
    },
  };
  const view = () => ({ revision: 1 });
  parts.drive(createDriver({ clock, log }, { view, components: [routes], intervalMs: 60_000 }));
  await clock.advance(10);
  expect(parts.status()[0]?.problems[0]?.hint).toContain('drover confirm routes');
  expect(world.size).toBe(4);
  expect(parts.confirm('no such part')).toBeNull();
  expect(parts.confirm('routes')).toEqual(['delete b', 'delete c', 'delete d']);
  await clock.advance(10);
  expect(world.size).toBe(1);
});
