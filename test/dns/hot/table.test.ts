import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Generations } from '../../../dns/hot/generations.ts';
import { hashOf } from '../../../dns/hot/hash.ts';
import { RECORD } from '../../../dns/hot/layout.ts';
import { type Packed, Table } from '../../../dns/hot/table.ts';

/** An entry whose answer is its own number; few hashes, so that many entries want the same place. */
function packed(id: number, dependencies: readonly number[] = [], hash = id % 7): Packed {
  const numbers = Int32Array.from([id, id, id]);
  return { hash, owner: id % 3, numbers, size: 3, head: id, fixed: 1, round: 0, turn: 0, dependencies };
}

/** As `Generations` looks for it. */
function keyed(id: number, dependencies: readonly number[]): Packed {
  return packed(id, dependencies, hashOf(id, id % 3));
}

function findIn(table: Table, id: number, hash = id % 7): number {
  return table.find(hash, id % 3, Int32Array.of(id), 1);
}

const IDS = Array.from({ length: 61 }, (_, id) => id);

const anyStep = fc.oneof(
  fc.record({ kind: fc.constant('insert' as const), id: fc.nat(60), on: fc.array(fc.nat(9), { maxLength: 4 }) }),
  fc.record({ kind: fc.constant('invalidate' as const), on: fc.nat(9) }),
  fc.record({ kind: fc.constant('clear' as const) }),
);

describe('Table', () => {
  test('finds what was put in and not invalidated, whatever the order, and nothing else', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof({ weight: 20, arbitrary: anyStep }), { maxLength: 80 }), (steps) => {
        const table = new Table(64 * 1024);
        const model = new Map<number, readonly number[]>();
        for (const step of steps) {
          if (step.kind === 'clear') {
            table.clear();
            model.clear();
          } else if (step.kind === 'invalidate') {
            const told: number[] = [];
            table.invalidate(step.on, (entry) => told.push(table.records[entry + RECORD.head] as number));
            const gone = [...model].filter(([, on]) => on.includes(step.on)).map(([id]) => id);
            expect(told.toSorted()).toEqual(gone.toSorted());
            for (const id of gone) model.delete(id);
          } else if (!model.has(step.id)) {
            expect(table.insert(packed(step.id, step.on))).not.toBe(0);
            model.set(step.id, step.on);
          }
          if (table.count !== model.size) expect(table.count).toBe(model.size);
          const found = IDS.filter((id) => findIn(table, id) !== 0);
          if (found.join() !== IDS.filter((id) => model.has(id)).join()) expect(found).toEqual([...model.keys()]);
        }
      }),
      { numRuns: 150 },
    );
  });

  test('one that is made anew over and over leaves no chain behind, beside one that stays', () => {
    const table = new Table(1024 * 1024);
    table.insert(packed(1, [5]));
    for (let n = 0; n < 3_000; n += 1) {
      table.insert(packed(2, [5, 6]));
      table.invalidate(6, () => undefined);
    }
    let steps = 0;
    table.invalidate(5, () => (steps += 1));
    expect([steps, table.count]).toEqual([1, 0]);
  });

  test('says when it is full, of entries as of bytes, and takes as much again after it was emptied', () => {
    const fill = (table: Table, size: number): number => {
      const numbers = new Int32Array(size);
      for (let id = 1; ; id += 1) {
        numbers[0] = id;
        if (table.insert({ ...packed(id), numbers: numbers.slice(), size }) === 0) return id - 1;
      }
    };
    for (const size of [3, 200]) {
      const table = new Table(256 * 1024);
      const first = fill(table, size);
      expect(first).toBeGreaterThan(100);
      expect(table.bytes).toBeLessThanOrEqual(256 * 1024);
      table.clear();
      expect([table.count, fill(table, size)]).toEqual([0, first]);
    }
  });
});

describe('Generations', () => {
  test('keeps what is asked for, forgets the rest, and stays within its bytes', () => {
    const generations = new Generations(256 * 1024, null);
    const loyal = [1, 2, 3];
    const has = (id: number) => {
      const key = Int32Array.of(id);
      return generations.find(id, id % 3, key, 1);
    };
    for (const id of loyal) generations.insert(keyed(id, [id]));
    let turned = 0;
    for (let id = 10; id < 5_000; id += 1) {
      generations.insert(keyed(id, [id]));
      for (const one of loyal) {
        if (has(one) === 0) {
          turned += 1;
          generations.insert(keyed(one, [one]));
        }
      }
      expect(generations.bytes).toBeLessThanOrEqual(256 * 1024);
    }
    expect(turned).toBe(0);
    expect(has(10)).toBe(0);
    expect(has(4_999)).not.toBe(0);
    expect(generations.count).toBeLessThan(2_000);
  });

  test('what moved over is invalidated there too, and what is left behind as well', () => {
    const removed: number[] = [];
    const generations = new Generations(64 * 1024, (table, entry) => removed.push(table.records[entry + 4] as number));
    generations.insert(keyed(1, [77]));
    generations.insert(keyed(2, [77]));
    for (let id = 10; generations.previous === null; id += 1) generations.insert(keyed(id, []));
    expect(generations.find(1, 1, Int32Array.of(1), 1)).not.toBe(0);
    generations.invalidate(77);
    expect(removed.toSorted()).toEqual([1, 2]);
    expect(generations.find(2, 2, Int32Array.of(2), 1)).toBe(0);
  });

  test('an entry that no table holds is refused', () => {
    const generations = new Generations(64 * 1024, null);
    const numbers = new Int32Array(64 * 1024);
    expect(generations.insert({ ...packed(1), numbers, size: numbers.length })).toBe(0);
  });
});
