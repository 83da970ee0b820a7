import { expect, test } from 'vitest';
import { createFairQueue, type FairQueueLimits } from '../../../dns/listen/fair-queue.ts';

/** A queue whose turns the test calls; each item takes a millisecond of a clock that nobody else moves. */
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

test('sources are served in turns, each in the order it asked', () => {
  const { bring, allTurns, served, queue } = createQueue();
  bring('a 1', 'a 2', 'a 3', 'b 1', 'c 1', 'c 2');
  allTurns();
  expect(served).toEqual(['a 1', 'b 1', 'c 1', 'a 2', 'c 2', 'a 3']);
  expect(queue.idle()).toBe(true);
});

test('a turn ends when its time is over, and the next one is asked for, once', () => {
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

test('one source alone may fill the queue; another one still gets its share, at the cost of the first one', () => {
  const { bring, allTurns, served, dropped } = createQueue();
  bring(...many('a', 10));
  expect(dropped()).toBe(2);
  bring(...many('b', 6));
  // Each of the first four makes room by the oldest of the other; half is its share.
  expect(dropped()).toBe(8);
  allTurns();
  expect(served).toEqual(['a 4', 'b 0', 'a 5', 'b 1', 'a 6', 'b 2', 'a 7', 'b 3']);
});

test('what many sources bring within their share is not taken away for a newcomer', () => {
  const { bring, allTurns, served, dropped } = createQueue();
  bring('a 1', 'b 1', 'c 1', 'd 1', 'e 1', 'f 1', 'g 1', 'h 1', 'i 1');
  expect(dropped()).toBe(1);
  allTurns();
  expect(served).toHaveLength(8);
  expect(served).not.toContain('i 1');
});

test('big items count for more', () => {
  const { bring, dropped } = createQueue();
  bring('a big 1', 'a big 2', 'a 3');
  expect(dropped()).toBe(1);
});

test('a source with much under way waits until some of it is done; others do not', async () => {
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

test('a flood from one source, whatever its pace, lets every question of a quiet one through at once', () => {
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
