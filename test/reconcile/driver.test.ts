import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Component, createDriver, type Driver, earlierIfEqual, keepIdentical } from '../../reconcile/index.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { testLog } from '../support/test-log.ts';

interface View {
  readonly revision: number;
  readonly names: readonly string[] | null;
}

const time = createFakeClock();
let stop: AbortController;
let running: Promise<unknown>;

beforeEach(() => {
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await running;
});

function component(name: string, overrides: Partial<Component<View, readonly string[], null, string>> = {}) {
  const passes: (readonly string[])[] = [];
  const value: Component<View, readonly string[], null, string> = {
    name,
    desired: ({ names }) => names,
    applier: {
      observe: async () => null,
      plan: (desired) => {
        passes.push(desired);
        return { changes: [], problems: [] };
      },
      apply: async () => {},
      format: (change) => change,
    },
    ...overrides,
  };
  return { passes, value };
}

function start(view: () => View, components: readonly Component<View>[]): Driver {
  const driver = createDriver({ clock: time, log: testLog('driver') }, { view, components, intervalMs: 3_600_000 });
  running = Promise.all([driver.run(stop.signal), ...driver.loops.map((loop) => loop.run(stop.signal))]);
  return driver;
}

test('a component is triggered when its desired value changes, not with each view; null is not empty', async () => {
  let view: View = { revision: 1, names: null };
  const { passes, value } = component('names');
  const driver = start(() => view, [value]);
  await time.advance(10);
  expect(passes).toEqual([]);
  const names = ['a'];
  view = { revision: 2, names };
  driver.changed();
  await time.advance(10);
  view = { revision: 3, names };
  driver.changed();
  await time.advance(10);
  expect(passes).toEqual([['a']]);
  view = { revision: 4, names: [] };
  driver.changed();
  driver.changed();
  await time.advance(10);
  expect(passes).toEqual([['a'], []]);
});

test('a component that cannot compute its desired state is reported, and does not stop the others', async () => {
  let isBroken = true;
  const wanted = ['a'];
  const broken = component('broken', {
    desired: () => {
      if (isBroken) throw new Error('not a number');
      return wanted;
    },
  });
  const sound = component('sound');
  const driver = start(() => ({ revision: 1, names: wanted }), [broken.value, sound.value]);
  await time.advance(10);
  expect(sound.passes).toHaveLength(1);
  expect(driver.loops[0]?.status().lastError?.what).toContain('not a number');
  isBroken = false;
  driver.changed();
  await time.advance(10);
  expect(driver.loops[0]?.status()).toMatchObject({ lastError: null, lastAppliedRevision: 1 });
});

test('the view is read once for changes that arrive together, and not at all without one', async () => {
  let reads = 0;
  const names = ['a'];
  const view = (): View => {
    reads += 1;
    return { revision: 1, names };
  };
  const driver = start(view, [component('names').value]);
  await time.advance(60_000);
  expect(reads).toBe(1);
  driver.changed();
  await time.advance(0);
  expect(reads).toBe(2);
  for (let ms = 0; ms < 4; ms += 1) {
    driver.changed();
    await time.advance(1);
  }
  expect(reads).toBe(2);
  await time.advance(60_000);
  expect(reads).toBe(3);
});

test('the status of a loop is shown as it is', async () => {
  const { value } = component('names');
  const applier = { ...value.applier, observe: () => Promise.reject(new Error('no such file')) };
  const names = ['a'];
  const driver = start(() => ({ revision: 1, names }), [{ ...value, applier }]);
  await time.advance(10);
  expect(driver.loops[0]?.status().lastError?.what).toBe('no such file');
});

test('plan() is a dry run of all components with a desired state; a failed read is a problem of that component', async () => {
  const applied: string[] = [];
  const changing = component('changing', {
    applier: {
      observe: async () => null,
      plan: (desired) => ({ changes: desired.map((name) => `add ${name}`), problems: [] }),
      apply: async (change) => {
        applied.push(change);
        throw new Error('not yet');
      },
      format: (change) => change,
    },
  });
  const idle = component('idle', { desired: () => null });
  const blind = component('blind', {
    applier: { ...changing.value.applier, observe: () => Promise.reject(new Error('no such file')) },
  });
  const wanted = ['a', 'b'];
  const driver = start(() => ({ revision: 1, names: wanted }), [changing.value, idle.value, blind.value]);
  await time.advance(10);
  const before = applied.length;
  expect(await driver.plan(stop.signal)).toEqual([
    { component: 'changing', changes: ['add a', 'add b'], held: [], problems: [] },
    {
      component: 'blind',
      changes: [],
      held: [],
      problems: [
        {
          subject: 'blind',
          what: 'cannot read what to compare with: no such file',
          hint: 'fix the cause above, then try again',
        },
      ],
    },
  ]);
  expect(applied).toHaveLength(before);
});

test('keepIdentical() computes again only when an argument changes', () => {
  const pair = keepIdentical((...given: readonly unknown[]) => [...given]);
  const [a, b] = [{}, {}];
  const first = pair(a, b);
  expect(pair(a, b)).toBe(first);
  expect(pair(a)).not.toBe(first);
  pair(a, b);
  expect(pair(a, a)).toEqual([a, a]);
  expect(pair(b, a)).toEqual([b, a]);
});

test('earlierIfEqual() returns the earlier value if the next one is equal to it', () => {
  const earlier = [{ a: [1] }];
  expect(earlierIfEqual(earlier, [{ a: [1] }])).toBe(earlier);
  const next = [{ a: [2] }];
  expect(earlierIfEqual(earlier, next)).toBe(next);
  expect(earlierIfEqual(undefined, next)).toBe(next);
});
