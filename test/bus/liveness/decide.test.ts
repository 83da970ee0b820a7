import { describe, expect, test } from 'vitest';
import { type Action, decide, isVoting, type Mark, type Target } from '../../../bus/liveness/decide.ts';

const target = (hostId: string, changes: Partial<Target> = {}): Target => ({
  hostId,
  incarnation: 5,
  heardMs: 100,
  silentMs: 100,
  mark: null,
  holdMs: 0,
  otherProber: true,
  ...changes,
});
const silent = (ms: number): Partial<Target> => ({ heardMs: ms, silentMs: ms });
const mark = (by: string, ageMs: number, changes: Partial<Mark> = {}): Mark => ({
  state: 'suspect',
  incarnation: 5,
  by,
  revision: 9,
  ageMs,
  ...changes,
});
const text = (actions: readonly Action[]) => actions.map(({ kind, hostId, expect: at }) => `${kind} ${hostId} @${at}`);
const on = (...targets: readonly Target[]) => text(decide({ self: 'me', targets, ownMark: null }));

describe('decide()', () => {
  test.each<[string, Partial<Target>, string[]]>([
    ['does nothing about a host that it hears', {}, []],
    ['suspects a silent host', silent(2_600), ['suspect t @0']],
    ['waits twice as long for a host that it never heard', { heardMs: null, silentMs: 2_600 }, []],
    ['suspects a host that it never heard', { heardMs: null, silentMs: 5_100 }, ['suspect t @0']],
    ['does not suspect again during the hold after a refutation', { ...silent(9_000), holdMs: 1 }, []],
    ['vetoes the mark of another prober if it heard the host since', { mark: mark('q', 500) }, ['clear t @9']],
    ['does not veto because of an earlier packet', { ...silent(600), mark: mark('q', 500) }, []],
    ['gives a suspected host time to refute', { ...silent(2_600), mark: mark('q', 1_400) }, []],
    ['confirms the mark of another prober if the host is silent', { ...silent(4_000), mark: mark('q', 1_600) }, ['confirm t @9']],
    ['waits for other probers after its own mark', { ...silent(6_000), mark: mark('me', 3_500) }, []],
    ['decides alone if no other prober is left', { ...silent(6_000), mark: mark('me', 3_100), otherProber: false }, ['confirm t @9']],
    ['decides alone if the other probers do not vote', { ...silent(8_000), mark: mark('me', 5_100) }, ['confirm t @9']],
    ['deletes its own mark when it hears the host', { mark: mark('me', 500) }, ['clear t @9']],
    ['deletes the down mark of a host that it hears again', { mark: mark('q', 500, { state: 'down' }) }, ['clear t @9']],
    ['leaves a down mark on a silent host', { ...silent(60_000), mark: mark('q', 500, { state: 'down' }) }, []],
    ['replaces a mark of an earlier incarnation', { ...silent(2_600), incarnation: 6, mark: mark('q', 500, { state: 'down' }) }, ['suspect t @9']],
    ['ignores a mark of an earlier incarnation of a host that it hears', { incarnation: 6, mark: mark('q', 50) }, []],
  ])('%s', (_title, changes, expected) => {
    expect(on(target('t', changes))).toEqual(expected);
  }); // biome-ignore format: a table

  test('refutes a mark about itself even if other hosts are silent', () => {
    const targets = [target('a', silent(9_000)), target('b', silent(9_000))];
    expect(text(decide({ self: 'me', targets, ownMark: mark('q', 1) }))).toEqual(['clear me @9']);
  });

  test('stops voting if more than half of its targets, and at least two, are silent; still vetoes', () => {
    const lost = [target('a', silent(3_000)), target('b', { ...silent(3_000), mark: mark('q', 100) })];
    expect(isVoting(lost)).toBe(false);
    expect(on(...lost, target('c', { mark: mark('q', 500) }))).toEqual(['clear c @9']);
    expect(on(target('a', silent(3_000)))).toEqual(['suspect a @0']);
    expect(on(target('a', silent(3_000)), target('b', silent(3_000)), target('c'), target('d'))).toEqual([
      'suspect a @0',
      'suspect b @0',
    ]);
  });

  test('the order of the targets does not matter', () => {
    const targets = [target('a', silent(3_000)), target('b'), target('c', { mark: mark('q', 500) })];
    expect(on(...targets.toReversed()).toSorted()).toEqual(on(...targets).toSorted());
  });
});
