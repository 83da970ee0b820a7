import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonValue, ServiceDeclaration } from '../../../model/index.ts';
import {
  type DeclarationChange,
  type DeclaredDocument,
  documentKey,
  formatDeclarations,
  formatDeclarationsAsJson,
  parseManifest,
  planApply,
  renderChanges,
} from '../../../sources/manifest/index.ts';
import { anyDeclaration } from './declarations.ts';

type Documents = ReadonlyMap<string, DeclaredDocument>;

const declare = (text: string): readonly ServiceDeclaration[] => parseManifest(text, 'm.yml').declarations;
/** The bus after the changes, if there is no other writer. */
const carriedOut = (current: Documents, changes: readonly DeclarationChange[]): Documents => {
  const documents = new Map(current);
  for (const change of changes) {
    expect(change.expect).toBe(documents.get(change.key)?.revision ?? 0);
    if (change.kind === 'delete') documents.delete(change.key);
    else
      documents.set(change.key, {
        value: JSON.parse(JSON.stringify(change.value)) as JsonValue,
        revision: change.expect + 1,
      });
  }
  return documents;
};
/** No two of one key, as `parseManifests` gives them. */
const declarations = fc.uniqueArray(anyDeclaration, { maxLength: 8, selector: documentKey });
const stacks = fc.subarray(['shop', 'blog', 'x']);
const documents = declarations.map((all) => carriedOut(new Map(), planApply(new Map(), all)));

describe('planApply()', () => {
  test('puts new and changed declarations, with the revision that it saw', () => {
    const before = carriedOut(
      new Map(),
      planApply(new Map(), declare('stack: Shop\nservices: {web: {scale: 1}, db: {}}')),
    );
    const changes = planApply(before, declare('stack: Shop\nservices: {web: {scale: 2}, db: {}, cache: {}}'));
    expect(changes.map(({ kind, key, expect: revision }) => `${kind} ${key} ${revision}`)).toEqual([
      'put service/shop/cache 0',
      'put service/shop/web 1',
    ]);
  });

  test('deletes only in the stacks of `prune`', () => {
    const before = carriedOut(
      new Map(),
      planApply(new Map(), declare('stack: a\nservices: {x: {}, y: {}}\n---\nstack: b\nservices: {z: {}}')),
    );
    const wanted = declare('stack: A\nservices: {x: {}}').map((one) => ({ ...one, stack: 'a' }));
    const keys = (changes: readonly DeclarationChange[]) => changes.map(({ kind, key }) => `${kind} ${key}`);
    expect(keys(planApply(before, wanted))).toEqual([]);
    expect(keys(planApply(before, wanted, { prune: ['a'] }))).toEqual(['delete service/a/y']);
    expect(keys(planApply(before, [], { prune: ['b'] }))).toEqual(['delete service/b/z']);
    expect(keys(planApply(before, wanted, { prune: ['c'] }))).toEqual([]);
  });

  test('once applied, leaves nothing to plan', () => {
    fc.assert(
      fc.property(documents, declarations, stacks, (current, wanted, prune) => {
        const done = carriedOut(current, planApply(current, wanted, { prune }));
        expect(planApply(done, wanted, { prune })).toEqual([]);
      }),
    );
  });

  test('does not depend on the order of its input', () => {
    fc.assert(
      fc.property(documents, declarations, stacks, (current, wanted, prune) => {
        const turned = new Map([...current].reverse());
        expect(planApply(turned, [...wanted].reverse(), { prune })).toEqual(planApply(current, wanted, { prune }));
      }),
    );
  });

  test('a random walk ends in the last desired state', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(declarations, stacks), { minLength: 1, maxLength: 6 }),
        declarations,
        (steps, last) => {
          const walked = steps.reduce(
            (current, [wanted, prune]) => carriedOut(current, planApply(current, wanted, { prune })),
            new Map() as Documents,
          );
          const end = carriedOut(walked, planApply(walked, last));
          for (const one of last) expect(end.get(documentKey(one))?.value).toEqual(one);
          for (const [key, document] of walked) {
            if (!last.some((one) => documentKey(one) === key)) expect(end.get(key)).toEqual(document);
          }
        },
      ),
    );
  });
});

test('renderChanges() shows the changes', () => {
  const before = carriedOut(
    new Map(),
    planApply(
      new Map(),
      declare('stack: s\nservices: {web: {scale: 1, health_check: {port: 80}, metadata: {a: 1, b: 2}}, old: {}}'),
    ),
  );
  const wanted = declare(
    'stack: s\nservices: {web: {health_check: {port: 81}, metadata: {b: 2, a: 1}}, pay: {external_ips: 192.0.2.1}}',
  );
  expect(renderChanges(planApply(before, wanted, { prune: ['s'] }))).toEqual([
    '- s/old',
    '+ s/pay (externalService)',
    '~ s/web',
    '    healthCheck.port: 80 -> 81',
    '    metadata: order of keys',
    '    scale: 1 -> null',
  ]);
  expect(renderChanges([])).toEqual([]);
});

test('formatDeclarations() gives YAML and JSON that parse to the same declarations, in any number of stacks', () => {
  fc.assert(
    fc.property(declarations, (all) => {
      const sorted = all.toSorted((a, b) => (documentKey(a) < documentKey(b) ? -1 : 1));
      for (const format of [formatDeclarations, formatDeclarationsAsJson]) {
        const manifests = parseManifest(format(all), 'f.yml', { stack: 'ignored' });
        expect(manifests.problems).toEqual([]);
        expect(JSON.stringify(manifests.declarations)).toBe(JSON.stringify(sorted));
      }
    }),
    { numRuns: 120 },
  );
});
