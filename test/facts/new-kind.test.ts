import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  createKindTable,
  defineKind,
  type FactTable,
  factTable,
  type HostDraft,
  reductionFor,
} from '../../facts/index.ts';
import { advance, emptyState } from '../../state/index.ts';
import { differences, viewOf } from '../../view/index.ts';
import { delta, environment, host, wired } from '../state/facts.ts';

interface Note {
  readonly container: string;
  readonly healthy: boolean;
  readonly details: string;
}

const KIND = 'note';

/** All that the program has to be told about a new kind. */
const noteKind = defineKind<Note, HostDraft>({
  name: KIND,
  idSegments: 1,
  schema: z.object({ container: z.string(), healthy: z.boolean(), details: z.string() }),
  subjectOf: ({ container }) => ({ id: container }),
  set: (draft, id, note) => draft.ofKind(KIND).set(id, note),
  remove: (draft, id) => draft.ofKind(KIND).delete(id),
  forRole: (role, value) => (role === 'dns' ? { ...(value as object), details: '' } : undefined),
});
const table: FactTable = { ...factTable, facts: createKindTable([noteKind]) };

const note = (container: string, healthy = true): Note => ({ container, healthy, details: 'HTTP 200' });
const empty = emptyState(environment, 'self', table);
const first = advance(empty, delta({ a: { 'note/c1': note('c1'), 'note/c2': note('c2') } })).state;
const notesOf = ({ snapshot }: typeof first) => snapshot.hosts.get('a')?.facts.get(KIND);

test('a fact of the new kind is parsed and enters the snapshot by kind and id', () => {
  expect(notesOf(first)).toEqual(new Map([['c1', note('c1')], ['c2', note('c2')]])); // biome-ignore format: one line
  const extra = advance(first, delta({ a: { 'note/c1': { ...note('c1', false), later: 1 } } })).state;
  expect(notesOf(extra)?.get('c1')).toEqual(note('c1', false));
  expect(notesOf(extra)?.get('c2')).toBe(notesOf(first)?.get('c2'));
});

test('a malformed one, and one about another object, are refused; the last good value stays', () => {
  for (const value of [{ container: 'c1' }, note('c2')]) {
    const { state, problems } = advance(first, delta({ a: { 'note/c1': value } }));
    expect(problems).toEqual([expect.objectContaining({ subject: 'host a: fact note/c1' })]);
    expect(state.snapshot).toBe(first.snapshot);
  }
});

test('removed facts leave the slot, and the last one removes the kind', () => {
  const one = advance(first, delta({ a: { 'note/c1': null } })).state;
  expect([...(notesOf(one)?.keys() ?? [])]).toEqual(['c2']);
  const none = advance(one, delta({ a: { 'note/c2': null } })).state;
  expect(none.snapshot.hosts.get('a')?.facts.size).toBe(0);
});

test('a change shows up in the differences of two views, and touches nothing else', () => {
  const changed = advance(first, delta({ a: { 'note/c1': note('c1', false) } })).state;
  const before = viewOf(first.snapshot, 'self');
  const keys = differences(before, viewOf(changed.snapshot, 'self', before));
  expect(keys).toEqual(new Set(['revision', 'fact:a/note/c1']));
});

test('each process gets what its role reads', () => {
  const value = wired(note('c1'));
  expect(reductionFor('dns', table).fact('note/c1', value)).toEqual({ ...note('c1'), details: '' });
  expect(reductionFor('metadata', table).fact('note/c1', value)).toBeUndefined();
});

test('an agent that does not know the kind keeps its facts and passes them on', () => {
  const facts = delta({ a: { host: host('a'), 'note/c1': note('c1') } });
  const { state, problems } = advance(emptyState(environment, 'self'), facts);
  expect(problems).toEqual([]);
  expect(state.picture.hosts.get('a')?.get('note/c1')).toEqual(note('c1'));
  expect(state.snapshot.hosts.get('a')?.facts.size).toBe(0);
  expect(reductionFor('dns').fact('note/c1', wired(note('c1')))).toEqual(note('c1'));
});
