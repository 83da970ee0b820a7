import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JsonValue } from '../../../model/index.ts';
import { createPartSharing } from '../../../state/feed/share-parts.ts';

test('a shared value equals the original, whatever was shared before', () => {
  const parts = createPartSharing();
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value);
      expect(JSON.stringify(parts.share(JSON.parse(text) as JsonValue))).toBe(text);
    }),
    { numRuns: 2_000 },
  );
});

test('all empty lists are one, and so are empty objects', () => {
  const parts = createPartSharing();
  const [one, other] = ['{"ports":[],"labels":{}}', '{"dns":[],"links":{}}'].map(
    (text) => parts.share(JSON.parse(text) as JsonValue) as Record<string, JsonValue>,
  );
  expect(one?.ports).toBe(other?.dns);
  expect(one?.labels).toBe(other?.links);
});

test('a value can be of any depth', () => {
  const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
  expect(JSON.stringify(createPartSharing().share(JSON.parse('[[],{"a":{"b":[]}}]') as JsonValue))).toBe(
    '[[],{"a":{"b":[]}}]',
  );
  expect(() => createPartSharing().share(JSON.parse(deep) as JsonValue)).not.toThrow();
});
