import { expect, test } from 'vitest';
import { createTurns } from '../../dns/answer/turns.ts';

test('turns are strict for each list, and a list that shrinks goes on', () => {
  const turns = createTurns();
  const first = (of: string, list: readonly string[]) => turns.next(of, list)[0];
  expect(['a', 'a', 'b', 'a', 'a'].map((of) => first(of, ['x', 'y', 'z']))).toEqual(['x', 'y', 'x', 'z', 'x']);
  expect(first('a', ['x', 'y'])).toBe('x');
  expect(turns.next('a', [])).toEqual([]);
});
