import { expect, test } from 'vitest';
import { createParts } from '../../agent/parts.ts';
import { createReconciler } from '../../reconcile/index.ts';
import { createLog, systemClock } from '../../system/index.ts';
import { poll } from '../support/poll.ts';

const log = createLog('test', { level: 'silent', format: 'json' });

test('a part that throws is started again alone; its error stands until it works', async () => {
  const stop = new AbortController();
  const parts = createParts({ clock: systemClock, log }, stop.signal);
  let crashes = 0;
  let otherStarts = 0;
  let repaired = false;
  parts.start('other', async (signal, report) => {
    otherStarts += 1;
    report.done();
    await systemClock.sleep(60_000, signal);
  });
  parts.start('flaky', async (signal, report) => {
    if (!repaired) {
      crashes += 1;
      throw new Error('the disk is full');
    }
    report.done();
    await systemClock.sleep(60_000, signal);
  });
  await poll(() => crashes === 2, { what: 'two crashes' });
  const [other, flaky] = parts.status();
  expect(other?.problems).toEqual([]);
  expect(flaky?.problems.map(({ what }) => what)).toEqual(['the disk is full']);
  repaired = true;
  await poll(() => parts.status()[1]?.problems.length === 0, { what: 'flaky works' });
  expect(parts.status()[1]?.lastAppliedAtMs).not.toBeNull();
  stop.abort();
  await parts.ended();
  expect(otherStarts).toBe(1);
});

test('deletions held back are told with the command that confirms them, and are made once confirmed (Q8)', async () => {
  const stop = new AbortController();
  const parts = createParts({ clock: systemClock, log }, stop.signal);
  const world = new Set(['a', 'b', 'c', 'd']);
  const reconciler = createReconciler<readonly string[], readonly string[], string>(
    { clock: systemClock, log },
    {
      name: 'routes',
      intervalMs: 60_000,
      observe: async () => [...world],
      plan: (desired, observed) => ({ changes: observed.filter((one) => !desired.includes(one)), problems: [] }),
      apply: async (change) => void world.delete(change),
      format: (change) => `delete ${change}`,
      deletionLimit: { share: 0.5, minimum: 1, owned: (observed) => observed.length, deletes: () => true },
    },
  );
  reconciler.trigger(['a'], 1);
  parts.startReconciler(reconciler);
  await poll(() => parts.status()[0]?.problems[0]?.hint.includes('drover confirm routes'), { what: 'the complaint' });
  expect(world.size).toBe(4);
  expect(parts.confirm('nobody')).toBeNull();
  expect(parts.confirm('routes')).toEqual(['delete b', 'delete c', 'delete d']);
  await poll(() => world.size === 1, { what: 'the deletions' });
  stop.abort();
  await parts.ended();
});
