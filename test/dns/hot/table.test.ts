import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FollowedKey, TableFollower } from '../../../dns/hot/index.ts';
import type { StoredReply } from '../../../dns/hot/stored-reply.ts';
import { FIELD, type NewEntry, ownerOf, Table } from '../../../dns/hot/table.ts';

/** One label of two letters, and a hash that few names do not share, so that many entries want the same slot. */
const nameOf = (id: number) => Int32Array.of(2 | ((97 + (id >> 4)) << 8) | ((97 + (id & 15)) << 16));
const NAME_SIZE = 4;
const mixedOf = (id: number) => id % 7;
const OWNER = ownerOf(5, 1);

function reply(id: number, flags = 0x8400, fixedBytes = 16): StoredReply {
  const fixed = new Uint8Array(fixedBytes).fill(id);
  const records = { records: new Uint8Array(0), recordSize: 0, one: false, schedule: null, turn: '' };
  return { flags, answers: id, authorities: 0, additionals: 0, fixed, serialAt: -1, ...records };
}

function entry(id: number, dependencies: readonly number[] = [], stored: StoredReply | null = reply(id)): NewEntry {
  const key = { name: nameOf(id), nameSize: NAME_SIZE, mixed: mixedOf(id), owner: OWNER };
  return { key, reply: stored, turn: 0, dependencies };
}

function findIn(table: Table, id: number): number | null {
  const found = table.find(nameOf(id), 1, mixedOf(id), OWNER);
  return found === 0 ? null : (table.entries[found + FIELD.answers] as number);
}

/** The ids that a follower of the table would answer. */
function createFollower(): TableFollower & { readonly ids: Set<number> } {
  const ids = new Set<number>();
  const idOf = ({ scope, type, name }: FollowedKey) => {
    expect([scope, type, name.length, name[0], name[3]]).toEqual([5, 1, NAME_SIZE, 2, 0]);
    return (((name[1] as number) - 97) << 4) | ((name[2] as number) - 97);
  };
  const never = () => undefined;
  return {
    ids,
    put: (key, { answers }) => {
      expect(answers).toBe(idOf(key));
      ids.add(answers);
    },
    drop: (key) => expect(ids.delete(idOf(key))).toBe(true),
    clear: () => ids.clear(),
    pause: never,
    resume: never,
    know: never,
    forgetAskers: never,
  };
}

const IDS = Array.from({ length: 61 }, (_, id) => id);

const anyStep = fc.oneof(
  fc.record({ kind: fc.constant('insert' as const), id: fc.nat(60), on: fc.array(fc.nat(9), { maxLength: 4 }) }),
  fc.record({ kind: fc.constant('invalidate' as const), on: fc.nat(9) }),
  fc.record({ kind: fc.constant('clear' as const) }),
);

describe('Table', () => {
  test('finds what was added and not invalidated, in any order, and nothing else; so does a follower', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof({ weight: 20, arbitrary: anyStep }), { maxLength: 80 }), (steps) => {
        const follower = createFollower();
        const table = new Table(64 * 1024, [follower]);
        const model = new Map<number, readonly number[]>();
        for (const step of steps) {
          if (step.kind === 'clear') {
            table.clear();
            model.clear();
          } else if (step.kind === 'invalidate') {
            table.invalidate(step.on);
            for (const [id, on] of model) if (on.includes(step.on)) model.delete(id);
          } else if (!model.has(step.id)) {
            expect(table.insert(entry(step.id, step.on))).not.toBe(0);
            model.set(step.id, step.on);
          }
          expect(table.count).toBe(model.size);
          expect(IDS.filter((id) => findIn(table, id) === id)).toEqual(IDS.filter((id) => model.has(id)));
          expect(IDS.filter((id) => follower.ids.has(id))).toEqual(IDS.filter((id) => model.has(id)));
        }
      }),
      { numRuns: 150 },
    );
  });

  test('keeps scopes and types apart', () => {
    const table = new Table(64 * 1024, []);
    table.insert(entry(1));
    for (const owner of [ownerOf(6, 1), ownerOf(5, 28)]) expect(table.find(nameOf(1), 1, mixedOf(1), owner)).toBe(0);
    expect(findIn(table, 1)).toBe(1);
  });

  test('counts the names that do not exist', () => {
    const table = new Table(64 * 1024, []);
    table.insert(entry(1, [1], reply(1, 0x8403)));
    table.insert(entry(2, [2], reply(2, 0x8403)));
    table.insert(entry(3, [1]));
    expect([table.count, table.negatives]).toEqual([3, 2]);
    table.invalidate(1);
    expect([table.count, table.negatives]).toEqual([1, 1]);
    table.clear();
    expect([table.count, table.negatives]).toEqual([0, 0]);
  });

  test('a follower gets no question that the general path answers', () => {
    const follower = createFollower();
    const table = new Table(64 * 1024, [{ ...follower, drop: () => undefined }]);
    const found = table.insert(entry(1, [1], null));
    expect([table.entries[found + FIELD.flags], follower.ids.size, table.loaded]).toEqual([0, 0, 0]);
    table.invalidate(1);
    expect(table.count).toBe(0);
  });

  test('is emptied when it is full of entries, bytes or dependencies, and then takes as much again', () => {
    const many = Array.from({ length: 60 }, (_, n) => n);
    for (const [dependencies, fixedBytes] of [
      [[], 0],
      [[], 800],
      [many, 0],
    ] as const) {
      const follower = createFollower();
      const table = new Table(64 * 1024, [follower]);
      const counts = Array.from({ length: 3_000 }, (_, n) => {
        table.insert(entry(n % 61, dependencies, reply(n % 61, 0x8400, fixedBytes)));
        expect(table.bytes).toBeLessThanOrEqual(64 * 1024);
        expect(findIn(table, n % 61)).toBe(n % 61);
        return table.count;
      });
      const most = Math.max(...counts);
      const emptied = counts.flatMap((count, n) => (count === 1 ? [n] : []));
      expect(emptied.length).toBeGreaterThan(2);
      expect(emptied.every((n, index) => n === index * most)).toBe(true);
    }
  });

  test('refuses an entry larger than the whole table', () => {
    const table = new Table(64 * 1024, []);
    expect(table.insert(entry(1, [], reply(1, 0x8400, 128 * 1024)))).toBe(0);
    expect(table.insert(entry(1))).not.toBe(0);
  });
});
