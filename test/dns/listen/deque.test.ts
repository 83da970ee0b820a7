import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createDeque } from '../../../dns/listen/deque.ts';

test('items leave in the order in which they were added', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -600, max: 800 }), { maxLength: 30 }), (moves) => {
      const deque = createDeque<number>();
      const model: number[] = [];
      let next = 0;
      for (const move of moves) {
        for (let n = 0; n < move; n += 1) {
          deque.push(next);
          model.push(next);
          next += 1;
        }
        for (let n = 0; n > move; n -= 1) expect(deque.shift()).toBe(model.shift());
        expect(deque.size()).toBe(model.length);
      }
    }),
    { numRuns: 50, seed: 7 },
  );
});
