import { afterEach, beforeEach, expect, test } from 'vitest';
import { createReconciler, type Reconciler, type ReconcilerOptions } from '../../reconcile/index.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { testLog } from '../support/test-log.ts';

type Change = `+${string}` | `-${string}`;
type Options = ReconcilerOptions<readonly string[], readonly string[], Change>;

let time: FakeClock;
let world: Set<string>;
let stop: AbortController;
let running: Promise<void>;

beforeEach(() => {
  time = createFakeClock();
  world = new Set();
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await running;
});

/** A world of strings; `failOn` throws. */
function start(overrides: Partial<Options> = {}): Reconciler<readonly string[]> {
  const loop = createReconciler<readonly string[], readonly string[], Change>(
    { clock: time, log: testLog('reconcile'), random: () => 1 },
    {
      name: 'world',
      intervalMs: 1000,
      retry: { minMs: 100, maxMs: 1000 },
      observe: async () => [...world],
      plan: (desired, observed) => ({
        changes: [
          ...desired.filter((item) => !observed.includes(item)).map((item): Change => `+${item}`),
          ...observed.filter((item) => !desired.includes(item)).map((item): Change => `-${item}`),
        ],
        problems: [],
      }),
      apply: async (change) => {
        if (change.startsWith('+')) world.add(change.slice(1));
        else world.delete(change.slice(1));
      },
      format: (change) => change,
      ...overrides,
    },
  );
  running = loop.run(stop.signal);
  return loop;
}

test('applies what is desired, says so, and repairs drift at the interval', async () => {
  const loop = start();
  loop.trigger(['a', 'b'], 7);
  await time.advance(0);
  expect([...world]).toEqual(['a', 'b']);
  expect(loop.status()).toMatchObject({ lastAppliedRevision: 7, lastError: null, pending: [], held: [] });
  world.delete('a');
  await time.advance(999);
  expect([...world]).toEqual(['b']);
  await time.advance(1);
  expect([...world]).toEqual(['b', 'a']);
});

test('recheck() looks at once', async () => {
  const loop = start();
  loop.trigger(['a'], 1);
  await time.advance(0);
  world.clear();
  loop.recheck();
  await time.advance(0);
  expect([...world]).toEqual(['a']);
});

test('the newest desired state wins, also while an older one is being applied', async () => {
  const applied: string[] = [];
  const loop = start({
    apply: async (change) => {
      applied.push(change);
      world.add(change.slice(1));
      if (change === '+a') loop.trigger(['a', 'z'], 2);
    },
  });
  loop.trigger(['a', 'b', 'c'], 1);
  await time.advance(0);
  expect(applied).toEqual(['+a', '+z']);
  expect(loop.status().lastAppliedRevision).toBe(2);
});

test('a change that fails does not keep the others back, and is tried again with growing waits', async () => {
  let tries = 0;
  const loop = start({
    apply: async (change) => {
      if (change === '+bad') {
        tries += 1;
        if (tries < 4) throw new Error('no such thing');
      }
      world.add(change.slice(1));
    },
  });
  loop.trigger(['bad', 'good'], 1);
  await time.advance(0);
  expect([...world]).toEqual(['good']);
  expect(loop.status()).toMatchObject({
    lastAppliedRevision: null,
    lastError: { subject: 'world: +bad', what: 'no such thing' },
    pending: ['+bad'],
  });
  await time.advance(100); // the pause after every failure
  await time.advance(100);
  expect(tries).toBe(2);
  await time.advance(100);
  await time.advance(199);
  expect(tries).toBe(2);
  await time.advance(1);
  expect(tries).toBe(3);
  await time.advance(100);
  await time.advance(400);
  expect(loop.status()).toMatchObject({ lastAppliedRevision: 1, lastError: null, pending: [] });
});

test('with onFailure stop the rest waits for the next try', async () => {
  const loop = start({
    onFailure: 'stop',
    apply: async () => {
      throw new Error('broken');
    },
  });
  loop.trigger(['a', 'b'], 1);
  await time.advance(0);
  expect(loop.status().pending).toEqual(['+a', '+b']);
});

test('a world that cannot be read is not planned with; the loop goes on', async () => {
  let readable = false;
  const loop = start({
    observe: async () => {
      if (!readable) throw new Error('cannot read');
      return [...world];
    },
  });
  loop.trigger(['a'], 1);
  await time.advance(0);
  expect(loop.status().lastError?.what).toBe('cannot read');
  readable = true;
  await time.advance(100);
  await time.advance(100);
  expect([...world]).toEqual(['a']);
});

test('a flood of triggers while things fail does not become a busy loop', async () => {
  let tries = 0;
  const loop = start({
    apply: async () => {
      tries += 1;
      throw new Error('broken');
    },
  });
  for (let revision = 1; revision <= 50; revision++) {
    loop.trigger(['a'], revision);
    await time.advance(1);
  }
  expect(tries).toBeLessThan(3);
});

test('Q8: too many deletions wait until they are confirmed; other changes go on', async () => {
  world = new Set(['a', 'b', 'c', 'd']);
  const loop = start({
    deletionLimit: {
      share: 0.5,
      minimum: 1,
      owned: (observed) => observed.length,
      deletes: (change) => change.startsWith('-'),
    },
  });
  loop.trigger(['d', 'e'], 1);
  await time.advance(0);
  expect([...world]).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(loop.status()).toMatchObject({ held: ['-a', '-b', '-c'], lastAppliedRevision: null });
  loop.confirm();
  await time.advance(0);
  expect([...world]).toEqual(['d', 'e']);
  expect(loop.status()).toMatchObject({ held: [], lastAppliedRevision: 1 });
  loop.trigger([], 2);
  await time.advance(0);
  expect(loop.status().held).toEqual(['-d', '-e']);
});

test.each([
  ['before anything is desired', false],
  ['while it waits for the next interval', true],
])('run() ends when told %s', async (_title, triggered) => {
  const loop = start();
  if (triggered) loop.trigger(['a'], 1);
  await time.advance(0);
  stop.abort();
  await running;
});
