import { afterEach, beforeEach, expect, test } from 'vitest';
import { createReconciler, type Reconciler } from '../../reconcile/index.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { testLog } from '../support/test-log.ts';

// A world that is followed: who sees it change calls `recheck`.

let time: FakeClock;
let world: Set<string>;
let reads: number;
let stop: AbortController;
let running: Promise<void>;
let loop: Reconciler<readonly string[]>;
/** What happens while the world is read. */
let meanwhile: () => void;

beforeEach(() => {
  time = createFakeClock();
  world = new Set();
  reads = 0;
  meanwhile = () => {};
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await running;
});

function start(followed: boolean): void {
  loop = createReconciler<readonly string[], readonly string[], string>(
    { clock: time, log: testLog('reconcile'), random: () => 1 },
    {
      name: 'world',
      intervalMs: 1000,
      followed,
      observe: async () => {
        reads += 1;
        const found = [...world];
        meanwhile();
        return found;
      },
      plan: (desired, observed) => ({
        changes: desired.filter((item) => !observed.includes(item)),
        problems: desired
          .filter((item) => item.startsWith('?') && !observed.includes(item))
          .map((subject) => ({ subject, what: 'is not there', hint: '' })),
      }),
      apply: async (change) => void world.add(change),
      format: (change) => change,
    },
  );
  running = loop.run(stop.signal);
}

async function reach(desired: readonly string[]): Promise<void> {
  loop.trigger(desired, 1);
  await time.advance(0);
  expect([...world]).toEqual(expect.arrayContaining([...desired]));
}

/** What the events of its own changes do. */
async function follow(): Promise<void> {
  loop.recheck();
  await time.advance(0);
}

test('a new desired state is compared with what was read last, and its own change makes that void', async () => {
  start(true);
  await reach(['a']);
  await follow();
  expect(reads).toBe(2);
  await reach(['a', 'b']);
  expect(reads).toBe(2);
  await reach(['a', 'b', 'c']);
  expect(reads).toBe(3);
});

test('without a follower each new desired state is compared with the world', async () => {
  start(false);
  await reach(['a']);
  await follow();
  await reach(['a', 'b']);
  expect(reads).toBe(3);
});

test('the world is read again after a recheck, at the interval, and if it changed while it was read', async () => {
  start(true);
  await reach(['a']);
  await follow();
  world.delete('a');
  await follow();
  expect([...world]).toEqual(['a']);
  await follow();
  await time.advance(999);
  const before = reads;
  await time.advance(1);
  expect(reads).toBe(before + 1);
  meanwhile = () => {
    meanwhile = () => {};
    world.delete('a');
    loop.recheck();
    loop.trigger(['a', 'b'], 2);
  };
  await follow();
  expect([...world].sort()).toEqual(['a', 'b']);
});

test('what was read last is not enough for a desired state that has a problem with it', async () => {
  start(true);
  await reach(['a']);
  await follow();
  world.add('?b');
  loop.trigger(['a', '?b'], 2);
  await time.advance(0);
  expect(loop.status()).toMatchObject({ problems: [], lastAppliedRevision: 2 });
});

test('a change that fails is planned from the world again', async () => {
  start(true);
  await reach(['a']);
  await follow();
  const add = world.add.bind(world);
  world.add = () => {
    world.add = add;
    world.delete('a');
    throw new Error('not now');
  };
  loop.trigger(['a', 'b'], 2);
  await time.advance(0);
  await time.advance(1_000);
  expect([...world].sort()).toEqual(['a', 'b']);
});
