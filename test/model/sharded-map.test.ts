import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { copiedMap, eachDifference, ShardedMap } from '../../model/index.ts';

type Step = readonly [key: string, value: number | undefined];

const anySteps = fc.array(
  fc.tuple(fc.constantFrom(...'abcdefghijklmnop'), fc.option(fc.nat(3), { nil: undefined, freq: 3 })),
  { maxLength: 40 },
);

function edited(map: ShardedMap<number>, steps: readonly Step[]): ShardedMap<number> {
  const edit = map.edit();
  for (const [key, value] of steps) edit.update(key, () => value);
  return edit.result();
}

function plainAfter(map: ReadonlyMap<string, number>, steps: readonly Step[]): Map<string, number> {
  const plain = copiedMap(map);
  for (const [key, value] of steps) {
    if (value === undefined) plain.delete(key);
    else plain.set(key, value);
  }
  return plain;
}

function differencesOf(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>) {
  const found: [string, number | undefined, number | undefined][] = [];
  eachDifference(before, after, (key, old, now) => found.push([key, old, now]));
  return found.sort(([a], [b]) => (a < b ? -1 : 1));
}

describe('ShardedMap', () => {
  test('behaves like a Map, whatever the operations', () => {
    fc.assert(
      fc.property(anySteps, anySteps, fc.constantFrom(1, 4, 64), (first, second, shards) => {
        const one = edited(ShardedMap.empty(shards), first);
        const two = edited(one, second);
        const plain = plainAfter(plainAfter(new Map(), first), second);
        expect(new Map(two)).toEqual(plain);
        expect(two.size).toBe(plain.size);
        expect(new Set(two.keys())).toEqual(new Set(plain.keys()));
        expect([...two.values()].sort()).toEqual([...plain.values()].sort());
        for (const key of 'abcdefghijklmnopq') {
          expect(two.get(key)).toBe(plain.get(key));
          expect(two.has(key)).toBe(plain.has(key));
        }
        // The one it was made from is as it was.
        expect(new Map(one)).toEqual(plainAfter(new Map(), first));
      }),
    );
  });

  test('an edit that changes nothing gives the map itself; one that changes something shares the rest', () => {
    const map = edited(
      ShardedMap.empty<number>(64),
      [...'abcdefgh'].map((key, at) => [key, at] as const),
    );
    expect(
      edited(map, [
        ['a', 0],
        ['z', undefined],
      ]),
    ).toBe(map);
    const edit = map.edit();
    edit.update('a', () => 9);
    expect(edit.get('a')).toBe(9);
    expect(edit.get('b')).toBe(1);
    const told: string[] = [];
    map.eachDifference(edit.result(), (key) => told.push(key));
    expect(told).toEqual(['a']);
  });

  test('equals any map with the same entries in these tests, and no other', () => {
    const map = edited(ShardedMap.empty<number>(8), [['a', 1]]);
    expect(map).toEqual(new Map([['a', 1]]));
    expect(map).toEqual(edited(ShardedMap.empty<number>(2), [['a', 1]]));
    expect(map).not.toEqual(new Map([['a', 2]]));
    const nested = (value: number) => {
      const edit = ShardedMap.empty<Map<string, number>>(2).edit();
      edit.update('x', () => new Map([['a', value]]));
      return edit.result();
    };
    expect(nested(1)).toEqual(nested(1));
    expect(nested(1)).not.toEqual(nested(2));
  });
});

test('eachDifference() tells each key once, with both values, of maps of any kind', () => {
  fc.assert(
    fc.property(anySteps, anySteps, fc.constantFrom(1, 16), fc.constantFrom(1, 16), (first, second, one, other) => {
      const before = edited(ShardedMap.empty(one), first);
      const grown = edited(before, second);
      const expected = differencesOf(new Map(before), new Map(grown));
      expect(differencesOf(before, grown)).toEqual(expected);
      expect(differencesOf(before, edited(ShardedMap.empty(other), [...grown]))).toEqual(expected);
      expect(differencesOf(before, new Map(grown))).toEqual(expected);
      expect(differencesOf(before, before)).toEqual([]);
    }),
  );
});
