import { expect, test } from 'vitest';
import { type Component, createDriver } from '../../reconcile/index.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createLogLines } from '../support/log-lines.ts';

const clock = createFakeClock();

test('a component that cannot compute its desired state is logged once until it can, whatever it throws', async () => {
  const { log, lines } = createLogLines();
  const stop = new AbortController();
  const faults: readonly (Error | string | null)[] = [new Error('not a number'), 'no text', null, 'no list'];
  let next = 0;
  const component: Component<{ readonly revision: number }, string, null, string> = {
    name: 'names',
    desired: () => {
      const fault = faults[next] ?? null;
      if (fault !== null) throw fault;
      return null;
    },
    applier: {
      observe: async () => null,
      plan: () => ({ changes: [], problems: [] }),
      apply: async () => {},
      format: (change) => change,
    },
  };
  const view = () => ({ revision: 1 });
  const driver = createDriver({ clock, log }, { view, components: [component], intervalMs: 3_600_000 });
  const running = driver.run(stop.signal);
  const seen: (string | undefined)[] = [];
  for (; next < faults.length; next += 1) {
    driver.changed();
    await clock.advance(10);
    seen.push(driver.loops[0]?.status().lastError?.what.replace(/^.*: /, ''));
  }
  stop.abort();
  await running;
  expect(seen).toEqual(['not a number', 'no text', undefined, 'no list']);
  expect(lines.filter((line) => line.startsWith('error'))).toHaveLength(2);
});
