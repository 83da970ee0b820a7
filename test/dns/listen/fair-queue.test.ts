import { expect, test } from 'vitest';
import { createFairQueue, type FairQueueLimits } from '../../../dns/listen/fair-queue.ts';

/** A queue whose turns the test calls. Each item advances a fake clock by a millisecond. */
function createQueue(limits: Partial<FairQueueLimits> = {}) {
  const served: string[] = [];
  const turns: (() => void)[] = [];
  const pending = new Map<string, () => void>();
  let nowMs = 0;
  let dropped = 0;
  const queue = createFairQueue<string>(
    {
      serve: (item) => {
        served.push(item);
        nowMs += 1;
        return item.includes('slow') ? new Promise<void>((resolve) => pending.set(item, resolve)) : null;
      },
      weigh: (item) => (item.includes('big') ? 4 : 1),
      onDrop: () => {
        dropped += 1;
      },
      now: () => nowMs,
      later: (turn) => turns.push(turn),
    },
    { total: 8, inFlightPerSource: 2, turnMs: 3, ...limits },
  );
  return {
    queue,
    served,
    dropped: () => dropped,
    turns,
    bring: (...items: readonly string[]) => {
      for (const item of items) {
        const source = item.split(' ')[0] ?? '';
        if (queue.admits(source)) queue.push(source, item);
      }
    },
    turn: () => turns.shift()?.(),
    allTurns: () => {
      while (turns.length > 0) turns.shift()?.();
    },
    finish: async (item: string) => {
      pending.get(item)?.();
      await Promise.resolve();
    },
  };
}

const many = (source: string, count: number) => Array.from({ length: count }, (_, n) => `${source} ${n}`);

test('sources take turns, and the items of each source stay in order', () => {
  const { bring, allTurns, served, queue } = createQueue();
  bring('a 1', 'a 2', 'a 3', 'b 1', 'c 1', 'c 2');
  allTurns();
  expect(served).toEqual(['a 1', 'b 1', 'c 1', 'a 2', 'c 2', 'a 3']);
  expect(queue.idle()).toBe(true);
});

test('a turn ends after its time, and schedules the next turn once', () => {
  const { bring, turn, served, turns } = createQueue();
  bring(...many('a', 7));
  expect(turns).toHaveLength(1);
  turn();
  expect([served.length, turns.length]).toEqual([3, 1]);
  bring('b 1');
  expect(turns).toHaveLength(1);
  turn();
  expect(served.slice(3)).toEqual(['a 3', 'b 1', 'a 4']);
  turn();
  expect([served.length, turns.length]).toEqual([8, 0]);
});

test('a single source may fill the queue; another source still gets its share at the cost of the first', () => {
  const { bring, allTurns, served, dropped } = createQueue();
  bring(...many('a', 10));
  expect(dropped()).toBe(2);
  bring(...many('b', 6));
  // Each of the first four makes room by the oldest of the other; half is its share.
  expect(dropped()).toBe(8);
  allTurns();
  expect(served).toEqual(['a 4', 'b 0', 'a 5', 'b 1', 'a 6', 'b 2', 'a 7', 'b 3']);
});

test('sources within their share lose nothing to a new source', () => {
  const { bring, allTurns, served, dropped } = createQueue();
  bring('a 1', 'b 1', 'c 1', 'd 1', 'e 1', 'f 1', 'g 1', 'h 1', 'i 1');
  expect(dropped()).toBe(1);
  allTurns();
  expect(served).toHaveLength(8);
  expect(served).not.toContain('i 1');
});

test('large items have more weight', () => {
  const { bring, dropped } = createQueue();
  bring('a big 1', 'a big 2', 'a 3');
  expect(dropped()).toBe(1);
});

test('a source with many items in flight waits until some are done; other sources do not', async () => {
  const { bring, allTurns, served, queue, finish } = createQueue();
  bring('a slow 1', 'a slow 2', 'a 3', 'b 1');
  allTurns();
  expect(served).toEqual(['a slow 1', 'b 1', 'a slow 2']);
  expect(queue.idle()).toBe(false);
  await finish('a slow 1');
  allTurns();
  expect(served.at(-1)).toBe('a 3');
  expect(queue.idle()).toBe(false);
  await finish('a slow 2');
  expect(queue.idle()).toBe(true);
});

test('a flood from one source, at any rate, does not delay a quiet source', () => {
  const { bring, turn, served, turns } = createQueue({ total: 64 });
  let waited = 0;
  for (let round = 0; round < 200; round += 1) {
    bring(...many('flood', 50), `quiet ${round}`);
    const before = served.length;
    while (!served.includes(`quiet ${round}`) && turns.length > 0) turn();
    waited = Math.max(waited, served.length - before);
    expect(turns.length).toBeLessThan(2);
  }
  expect(served.filter((item) => item.startsWith('quiet'))).toHaveLength(200);
  expect(waited).toBeLessThanOrEqual(3);
});

test('a source within its share loses nothing to a new source, even if the source with the most work is not found', () => {
  const { bring, dropped, allTurns, served } = createQueue({ total: 20 });
  for (let n = 1; n <= 8; n += 1) bring(...many(`small${n}`, 2));
  bring(...many('flood', 4), 'new 0');
  allTurns();
  expect([served.length, served.includes('new 0'), dropped()]).toEqual([20, false, 1]);
});
