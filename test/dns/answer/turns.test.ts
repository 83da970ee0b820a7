import { describe, expect, test } from 'vitest';
import { scheduleOf } from '../../../dns/answer/schedule.ts';
import { createTurns } from '../../../dns/answer/turns.ts';

const LIST = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];

function alike(turn: string, addresses: readonly string[], give: 'all' | 'one' = 'all') {
  return { turn, addresses, give, weights: null };
}

describe('createTurns()', () => {
  test('rotates each list strictly, also one that shrinks', () => {
    const turns = createTurns();
    const last = (of: string, list: readonly string[]) => turns.deal(alike(of, list))[0]?.at(-1);
    expect(['a', 'a', 'b', 'a', 'a'].map((of) => last(of, LIST))).toEqual(['1', '2', '1', '3', '1']);
    expect(last('a', LIST.slice(0, 2))).toBe('1');
    expect(turns.deal(alike('a', []))).toEqual([]);
  });

  test('rotates A and AAAA separately', () => {
    const turns = createTurns();
    const pairs = LIST.map(() => [turns.deal(alike('a', LIST))[0], turns.deal(alike('a', ['::1', '::2', '::3']))[0]]);
    expect(pairs.map(([four]) => four)).toEqual(LIST);
    expect(pairs.map(([, six]) => six)).toEqual(['::1', '::2', '::3']);
  });

  test('gives one address at a time: 10,000 answers over 4 addresses are 2,500 each', () => {
    const turns = createTurns(4711);
    const counts = new Map<string, number>();
    for (let at = 0; at < 10_000; at += 1) {
      const dealt = turns.deal(alike('a', [...LIST, '10.0.0.4'], 'one'));
      expect(dealt).toHaveLength(1);
      for (const address of dealt) counts.set(address, (counts.get(address) ?? 0) + 1);
    }
    expect([...counts.values()]).toEqual([2500, 2500, 2500, 2500]);
  });

  test('keeps the positions of 250,000 lists', () => {
    const turns = createTurns();
    const begins = (round: number) =>
      Array.from({ length: 250_000 }, (_, at) => turns.rotate(`list ${at}`, LIST)[0]).every(
        (first) => first === LIST[round],
      );
    expect([begins(0), begins(1)]).toEqual([true, true]);
  });

  test('begins elsewhere with another seed', () => {
    const first = (seed: number) => createTurns(seed).rotate('a', LIST)[0];
    expect(new Set(Array.from({ length: 50 }, (_, seed) => first(seed * 7919 + 1))).size).toBe(3);
  });

  test('the weights determine the first address; the others follow in order', () => {
    const turns = createTurns();
    const weighted = { ...alike('a', LIST), weights: [2, 1, 0] };
    expect(
      Array.from({ length: 6 }, () =>
        turns
          .deal(weighted)
          .map((address) => address.at(-1))
          .join(''),
      ),
    ).toEqual(['123', '231', '123', '123', '231', '123']);
  });
});

describe('scheduleOf()', () => {
  test.each<[readonly number[] | null, readonly number[] | null]>([
    [null, null],
    [[3, 3], null],
    [[0, 0], null],
    [
      [2, 1],
      [0, 1, 0],
    ],
    [
      [200, 100],
      [0, 1, 0],
    ],
    [
      [5, 1, 1],
      [0, 0, 0, 1, 2, 0, 0],
    ],
    [[1, 0], [0]],
  ])('%j -> %j', (weights, expected) => {
    expect(scheduleOf(weights)).toEqual(expected);
  });

  test('stays short for many uneven weights, and includes every index', () => {
    const weights = Array.from({ length: 1000 }, (_, at) => at + 1);
    const schedule = scheduleOf(weights) ?? [];
    expect(schedule.length).toBeLessThan(6_000);
    expect(new Set(schedule).size).toBe(1000);
  });
});
