import { expect, test } from 'vitest';
import type { JsonValue } from '../../../model/index.ts';
import type { LedgerEntry } from '../../../sources/manifest/ledger.ts';
import { type DeclarationChange, planDirectory } from '../../../sources/manifest/plan.ts';
import { renderChanges } from '../../../sources/manifest/render.ts';
import { declaration, wired } from '../../state/facts.ts';

const KEY = 'service/s/web';
const one = declaration('s', 'web', { scale: 1 });
const two = declaration('s', 'web', { scale: 2 });

function plan(on: JsonValue | null, wanted: typeof one | null, put: Partial<LedgerEntry> | null): readonly string[] {
  const current = new Map(on === null ? [] : [[KEY, { value: on, revision: 4 }] as const]);
  const sourced = new Map(wanted === null ? [] : [[KEY, { unit: 'u', declaration: wanted }] as const]);
  const entry = { unit: 'u', declaration: one, applied: true, ...put };
  const changes = planDirectory(current, sourced, new Map(put === null ? [] : [[KEY, entry] as const]));
  return changes.map((change) => `${change.kind} ${change.key} ${change.expect}`);
}

test.each<[string, Parameters<typeof plan>, readonly string[]]>([
  ['puts a new declaration', [null, one, null], ['put service/s/web 0']],
  ['puts a declaration that another writer removed', [null, one, {}], ['put service/s/web 0']],
  ['replaces a document that this host did not put', [wired(two), one, null], ['put service/s/web 4']],
  ['leaves an equal document', [wired(one), one, null], []],
  ['keeps the later write of another writer', [wired(two), one, {}], []],
  ['puts again what was not applied completely', [wired(two), one, { applied: false }], ['put service/s/web 4']],
  ['puts what changed in the directory', [wired(one), two, {}], ['put service/s/web 4']],
  ['deletes what was removed from the directory', [wired(one), null, {}], ['delete service/s/web 4']],
  ['does not delete the later write of another writer', [wired(two), null, {}], []],
  ['does not delete what it did not put', [wired(one), null, null], []],
  ['has nothing to do when nothing is left', [null, null, {}], []],
])('planDirectory() %s', (_title, inputs, expected) => {
  expect(plan(...inputs)).toEqual(expected);
});

test('renderChanges() shows each changed value, shortened to 60 characters', () => {
  const lines = (previous: JsonValue, value: typeof one): readonly string[] => {
    const change: DeclarationChange = { kind: 'put', key: KEY, value, previous, expect: 1 };
    return renderChanges([change]);
  };
  const text = (length: number) => JSON.stringify('h'.repeat(length - 2));
  const named = (length: number) => declaration('s', 'web', { hostname: 'h'.repeat(length - 2) });
  expect(lines(wired(named(60)), named(61))).toEqual([
    '~ s/web',
    `    hostname: ${text(60)} -> ${text(61).slice(0, 57)}...`,
  ]);
  expect(lines(wired(one), two)).toEqual(['~ s/web', '    scale: 1 -> 2']);
  const tree = (metadata: string) => declaration('s', 'web', { metadata });
  expect(lines(wired(tree('{"a":{"b":1,"c":2}}')), tree('{"a":{"b":1,"d":[3]}}'))).toEqual([
    '~ s/web',
    '    metadata.a.c: 2 -> nothing',
    '    metadata.a.d: nothing -> [3]',
  ]);
  expect(lines({ ...(wired(one) as object), metadata: '{' }, one)).toEqual(['~ s/web', '    metadata: "{" -> {}']);
  expect(lines({ ...(wired(one) as object), metadata: 7 }, one)).toEqual(['~ s/web', '    metadata: 7 -> {}']);
  expect(lines(7, one)).toEqual(['~ s/web', expect.stringMatching(/^ {4}: 7 -> \{"stack":"s".*\.\.\.$/)]);
});
