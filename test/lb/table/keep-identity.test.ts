import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keepIdentity } from '../../../lb/table/keep-identity.ts';

const LEAF = { a: 1, list: [1, { x: null }] };

test('an equal value is the one before, down to its parts', () => {
  const before = { one: LEAF, two: [{ name: 'p', of: LEAF }] };
  expect(keepIdentity(before, structuredClone(before))).toBe(before);
  const after = keepIdentity(before, { ...structuredClone(before), three: 3 });
  expect(after).toEqual({ ...before, three: 3 });
  expect(after.one).toBe(before.one);
  expect(after.two).toBe(before.two);
});

test.each([
  ['in front', ['x', 'a', 'b']],
  ['in between', ['a', 'x', 'b']],
  ['in another order', ['b', 'a']],
  ['less', ['b']],
])('members of lists are found by name: %s', (_, names) => {
  const before = ['a', 'b'].map((name) => ({ name, value: { name } }));
  const after = keepIdentity(
    before,
    names.map((name) => ({ name, value: { name } })),
  );
  expect(after.map(({ name }) => name)).toEqual(names);
  for (const one of before.filter(({ name }) => names.includes(name))) expect(after).toContain(one);
});

test('the result equals the new value, whatever was before', () => {
  const named = fc.array(fc.record({ name: fc.constantFrom('a', 'b', 'c'), value: fc.nat(2) }), { maxLength: 4 });
  const any = fc.record({
    named,
    other: fc.oneof(fc.constantFrom(null, undefined, 'x', 0), fc.array(fc.nat(2)), named),
  });
  fc.assert(
    fc.property(any, any, (before, after) => {
      expect(keepIdentity(structuredClone(before), after)).toEqual(after);
      expect(keepIdentity(before, structuredClone(before))).toBe(before);
    }),
  );
});
