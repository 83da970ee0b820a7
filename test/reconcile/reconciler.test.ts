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

const deletions = (change: Change): readonly string[] => (change.startsWith('-') ? [change] : []);

/** A world of strings. */
function optionsOf(overrides: Partial<Options>): Options {
  return {
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
  };
}

function start(overrides: Partial<Options> = {}): Reconciler<readonly string[]> {
  const loop = createReconciler<readonly string[], readonly string[], Change>(
    { clock: time, log: testLog('reconcile'), random: () => 1 },
    optionsOf(overrides),
  );
  running = loop.run(stop.signal);
  return loop;
}

test('applies the desired state, reports it, and repairs drift at the interval', async () => {
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

test('recheck() reads the world at once', async () => {
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

test('a failed change does not block the others, and is retried with growing pauses', async () => {
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
  await time.advance(99);
  expect(tries).toBe(1);
  await time.advance(1);
  expect(tries).toBe(2);
  await time.advance(199);
  expect(tries).toBe(2);
  await time.advance(1);
  expect(tries).toBe(3);
  await time.advance(400);
  expect(loop.status()).toMatchObject({ lastAppliedRevision: 1, lastError: null, pending: [] });
});

test('while a failed change waits for its retry, changes of a newer desired state are made at once', async () => {
  const tried: string[] = [];
  const loop = start({
    intervalMs: 60_000,
    apply: async (change) => {
      tried.push(change);
      if (change === '+bad') throw new Error('no such thing');
      world.add(change.slice(1));
    },
  });
  loop.trigger(['bad'], 1);
  await time.advance(100); // fails at 0 and at 100: the next retry is due at 300
  loop.trigger(['bad', 'new'], 2);
  await time.advance(0);
  expect(tried).toEqual(['+bad', '+bad', '+new']);
  expect(loop.status()).toMatchObject({ lastError: { subject: 'world: +bad' }, pending: ['+bad'] });
  loop.trigger(['new'], 3);
  await time.advance(0);
  expect(loop.status()).toMatchObject({ lastError: null, pending: [], lastAppliedRevision: 3 });
});

test('changes that depend on one another are retried together, in order; independent ones each on their own', async () => {
  const retried = async (concurrency: number): Promise<readonly string[]> => {
    const tried: string[] = [];
    const own = createReconciler<readonly string[], readonly string[], Change>(
      { clock: time, log: testLog('reconcile'), random: () => 1 },
      {
        ...options,
        concurrency,
        apply: async (change) => {
          tried.push(`${time.monotonic()}${change}`);
          throw new Error('broken');
        },
      },
    );
    const over = new AbortController();
    const done = own.run(over.signal);
    const startMs = time.monotonic();
    own.trigger(['a'], 1);
    await time.advance(50);
    own.trigger(['a', 'b'], 2);
    await time.advance(60);
    over.abort();
    await done;
    return tried.map((line) => line.replace(/^\d+/, (at) => String(Number(at) - startMs)));
  };
  const options = optionsOf({ intervalMs: 60_000 });
  expect(await retried(1)).toEqual(['0+a', '50+b', '100+a', '100+b']);
  expect(await retried(2)).toEqual(['0+a', '50+b', '100+a']);
});

test('of changes that need the ones before them, none is made after one that failed', async () => {
  let works = false;
  const applied: string[] = [];
  const loop = start({
    chained: true,
    apply: async (change) => {
      if (change === '+b' && !works) throw new Error('another host was faster');
      applied.push(change);
      world.add(change.slice(1));
    },
  });
  loop.trigger(['a', 'b', 'c'], 1);
  await time.advance(99);
  expect(applied).toEqual(['+a']);
  expect(loop.status()).toMatchObject({ pending: ['+b', '+c'], lastError: { what: 'another host was faster' } });
  works = true;
  await time.advance(1);
  expect(applied).toEqual(['+a', '+b', '+c']);
  expect(loop.status()).toMatchObject({ pending: [], lastError: null, lastAppliedRevision: 1 });
});

test('the interval may differ from pass to pass', async () => {
  let reads = 0;
  const loop = start({
    intervalMs: () => (reads < 3 ? 10 : 500),
    observe: async () => {
      reads += 1;
      return [...world];
    },
  });
  loop.trigger([], 1);
  await time.advance(20);
  expect(reads).toBe(3);
  await time.advance(499);
  expect(reads).toBe(3);
  await time.advance(1);
  expect(reads).toBe(4);
});

test('the backoff of a change is reset once it has worked', async () => {
  let broken = true;
  let tries = 0;
  const loop = start({
    intervalMs: 60_000,
    apply: async (change) => {
      tries += 1;
      if (broken) throw new Error('broken');
      if (change.startsWith('+')) world.add(change.slice(1));
    },
  });
  loop.trigger(['a'], 1);
  await time.advance(300); // fails at 0, 100 and 300
  broken = false;
  await time.advance(400);
  expect(loop.status().lastError).toBeNull();
  broken = true;
  world.clear();
  tries = 0;
  loop.recheck();
  await time.advance(0);
  await time.advance(100);
  expect(tries).toBe(2);
});

test('with pacing, no more changes than allowed are made within the interval', async () => {
  const loop = start({ intervalMs: 60_000, pacing: { changes: 2, intervalMs: 500 } });
  loop.trigger(['a', 'b', 'c', 'd', 'e'], 1);
  await time.advance(0);
  expect([...world]).toEqual(['a', 'b']);
  expect(loop.status()).toMatchObject({ pending: ['+c', '+d', '+e'], lastAppliedRevision: null, lastError: null });
  await time.advance(499);
  expect(world.size).toBe(2);
  await time.advance(1);
  expect(world.size).toBe(4);
  await time.advance(500);
  expect(loop.status()).toMatchObject({ pending: [], lastAppliedRevision: 1 });
});

test('no more changes run at the same time than the applier allows', async () => {
  let running = 0;
  let most = 0;
  const loop = start({
    concurrency: 3,
    apply: async (change) => {
      running += 1;
      most = Math.max(most, running);
      await time.sleep(10);
      running -= 1;
      world.add(change.slice(1));
    },
  });
  loop.trigger(['a', 'b', 'c', 'd', 'e'], 1);
  await time.advance(10);
  expect([...world]).toEqual(['a', 'b', 'c']);
  await time.advance(10);
  expect(most).toBe(3);
  expect(loop.status()).toMatchObject({ pending: [], lastAppliedRevision: 1 });
});

test('plan() is a dry run: it lists what would change and what would be held, and changes nothing', async () => {
  world = new Set(['x', 'y', 'z']);
  const loop = start({
    deletionLimit: { share: 0.5, minimum: 1, owned: (observed) => observed.length, deletions },
    apply: async () => {
      throw new Error('not now');
    },
  });
  expect(await loop.plan(stop.signal)).toBeNull();
  loop.trigger(['a'], 1);
  expect(await loop.plan(stop.signal)).toEqual({ changes: ['+a'], held: ['-x', '-y', '-z'], problems: [] });
  expect([...world]).toEqual(['x', 'y', 'z']);
});

test('when nothing is desired any more, nothing is touched and no problem remains', async () => {
  const loop = start({
    apply: async () => {
      throw new Error('broken');
    },
  });
  loop.trigger(['a'], 1);
  await time.advance(0);
  expect(loop.status().lastError).not.toBeNull();
  loop.trigger(null, 2);
  await time.advance(60_000);
  expect(loop.status()).toMatchObject({ lastError: null, pending: [] });
});

test('nothing is planned while the world cannot be read; the loop continues', async () => {
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

test('an end of run() is no error, neither of an observation nor of a change', async () => {
  const interrupted = (signal: AbortSignal) =>
    new Promise<never>((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('interrupted'))));
  for (const overrides of [
    { observe: (_desired: readonly string[], signal: AbortSignal) => interrupted(signal) },
    { apply: (_change: Change, signal: AbortSignal) => interrupted(signal) },
  ] satisfies readonly Partial<Options>[]) {
    stop = new AbortController();
    const loop = start(overrides);
    loop.trigger(['a'], 1);
    await time.advance(0);
    stop.abort();
    await running;
    expect(loop.status()).toMatchObject({ lastError: null, lastAppliedRevision: null });
  }
});

test.each(['observe', 'apply'] as const)(
  'a flood of triggers while %s fails does not become a busy loop',
  async (step) => {
    let tries = 0;
    const fail = async (): Promise<never> => {
      tries += 1;
      throw new Error('broken');
    };
    const loop = start({ [step]: fail });
    for (let revision = 1; revision <= 50; revision++) {
      loop.trigger(['a'], revision);
      await time.advance(1);
    }
    expect(tries).toBe(1);
  },
);

test('Q8: too many deletions are held until they are confirmed; other changes are made', async () => {
  world = new Set(['a', 'b', 'c', 'd']);
  const loop = start({
    deletionLimit: {
      share: 0.5,
      minimum: 1,
      owned: (observed) => observed.length,
      deletions,
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

test('deletions stay held, pass after pass, until they are confirmed', async () => {
  world = new Set(['a', 'b', 'c', 'd']);
  const loop = start({ deletionLimit: { share: 0.5, minimum: 1, owned: () => 4, deletions } });
  loop.trigger(['d'], 1);
  await time.advance(3000);
  expect(world.size).toBe(4);
  expect(loop.status()).toMatchObject({ held: ['-a', '-b', '-c'], pending: [], lastAppliedRevision: null });
});

test('a confirmation is valid once, for the deletions that were shown', async () => {
  world = new Set(['a', 'b', 'c', 'd']);
  const deletionLimit = { share: 0.5, minimum: 1, owned: () => 4, deletions };
  const loop = start({ deletionLimit });
  loop.trigger(['d'], 1);
  await time.advance(0);
  loop.confirm();
  await time.advance(0);
  expect([...world]).toEqual(['d']);
  for (const item of ['a', 'b', 'c']) world.add(item);
  loop.recheck();
  await time.advance(0);
  expect(loop.status().held).toEqual(['-a', '-b', '-c']);
});

test('a confirmation expires with the plan it was given for', async () => {
  world = new Set(['a', 'b', 'c', 'd']);
  const deletionLimit = { share: 0.5, minimum: 1, owned: () => 4, deletions };
  const loop = start({ deletionLimit });
  loop.trigger(['d'], 1);
  await time.advance(0);
  loop.confirm();
  loop.trigger(['a', 'b', 'c', 'd'], 2);
  await time.advance(0);
  loop.trigger(['d'], 3);
  await time.advance(0);
  expect(loop.status().held).toEqual(['-a', '-b', '-c']);
  expect(world.size).toBe(4);
});

test.each([
  ['as many deletions as the minimum', 2, []],
  ['one more than the minimum', 3, ['-a', '-b', '-c']],
])('the deletion limit lets a plan with %s through or holds it', async (_title, count, held) => {
  world = new Set(['a', 'b', 'c'].slice(0, count));
  const loop = start({ deletionLimit: { share: 0.1, minimum: 2, owned: () => count, deletions } });
  loop.trigger([], 1);
  await time.advance(0);
  expect(loop.status().held).toEqual(held);
});

test('the deletion limit lets a plan through that deletes exactly the share', async () => {
  world = new Set(['a', 'b', 'c', 'd']);
  const loop = start({ deletionLimit: { share: 0.5, minimum: 0, owned: () => 4, deletions } });
  loop.trigger(['c', 'd'], 1);
  await time.advance(0);
  expect(loop.status().held).toEqual([]);
  loop.trigger([], 2);
  await time.advance(0);
  expect([...world]).toEqual([]);
});

test('the waits of a world that cannot be read are reset once it was read', async () => {
  let reads = 0;
  let isReadable = false;
  const loop = start({
    intervalMs: 60_000,
    observe: async () => {
      reads += 1;
      if (!isReadable) throw new Error('cannot read');
      return [...world];
    },
  });
  loop.trigger([], 1);
  await time.advance(100 + 100 + 100 + 200 + 100);
  isReadable = true;
  await time.advance(400);
  expect(loop.status().lastError).toBeNull();
  isReadable = false;
  reads = 0;
  loop.recheck();
  await time.advance(100 + 100);
  expect(reads).toBe(2);
});

test.each([
  ['before anything is desired', false],
  ['while it waits for the next interval', true],
])('run() ends when aborted %s', async (_title, triggered) => {
  const loop = start();
  if (triggered) loop.trigger(['a'], 1);
  await time.advance(0);
  stop.abort();
  await running;
});
