import { expect, test } from 'vitest';
import { type ChosenPath, choosePath, type PathEvidence, patienceMs } from '../../../overlay/paths/choose-path.ts';
import { createRandom } from '../../support/random.ts';

const UNKNOWN: PathEvidence = { state: 'unknown', sinceMs: 0 };
const silent = (sinceMs: number): PathEvidence => ({ state: 'silent', sinceMs });
const at = (nowMs: number) => ({ nowMs, patienceMs: 10_000 });
const on = (address: string, chosenAtMs = 0, left = 0): ChosenPath => ({ address, chosenAtMs, left });

test.each<[string, ChosenPath | null, readonly string[], PathEvidence, number, string | null]>([
  ['the first candidate at first', null, ['a', 'b'], UNKNOWN, 0, 'a'],
  ['nothing without candidates', on('a'), [], silent(0), 60_000, null],
  ['an address that works, also if another one is preferred now', on('b'), ['a', 'b'], UNKNOWN, 60_000, 'b'],
  ['an address that is silent for a moment', on('a'), ['a', 'b'], silent(55_000), 60_000, 'a'],
  ['the next one after 10 s of silence', on('a'), ['a', 'b', 'c'], silent(50_000), 60_000, 'b'],
  ['the first one after the last one', on('c'), ['a', 'b', 'c'], silent(50_000), 60_000, 'a'],
  ['an address that was just chosen', on('b', 55_000), ['a', 'b'], silent(0), 60_000, 'b'],
  ['an address of the second round after 10 s', on('a', 50_000, 2), ['a', 'b'], silent(0), 60_000, 'a'],
  ['the next one in the second round after 20 s', on('a', 40_000, 2), ['a', 'b'], silent(0), 60_000, 'b'],
  ['the only one', on('a'), ['a'], silent(0), 60_000, 'a'],
  ['the first one after the address has gone', on('x'), ['a', 'b'], UNKNOWN, 60_000, 'a'],
])('choosePath() takes %s', (_, before, candidates, evidence, nowMs, expected) => {
  expect(choosePath(before, candidates, evidence, at(nowMs))?.address ?? null).toBe(expected);
});

test('Q39 two hosts that each have one right address among several find it, whatever they try first, and keep it', () => {
  const random = createRandom(39);
  for (let run = 0; run < 500; run += 1) {
    const sizes = [1 + random.below(4), 1 + random.below(4)] as const;
    const lists = sizes.map((size) => Array.from({ length: size }, (_, n) => String(n)));
    const right = sizes.map((size) => String(random.below(size)));
    const patience = [patienceMs('a', 'b', sizes[1]), patienceMs('b', 'a', sizes[0])];
    const since: (number | null)[] = [null, null];
    let paths: readonly (ChosenPath | null)[] = [null, null];
    let isUp = false;
    for (let nowMs = 0; nowMs < 400_000; nowMs += 1_000) {
      const passes = paths.map((path, end) => path?.address === right[end]);
      const evidenceOf = (end: number): PathEvidence => {
        const isHeard = passes[1 - end];
        if (isHeard && passes[end]) since[end] = null;
        else since[end] ??= nowMs;
        const state = !isHeard ? 'silent' : passes[end] ? 'up' : 'unheard';
        return { state, sinceMs: since[end] ?? nowMs };
      };
      const evidence = [evidenceOf(0), evidenceOf(1)];
      paths = paths.map((path, end) =>
        choosePath(path, lists[end] ?? [], evidence[end] ?? UNKNOWN, { nowMs, patienceMs: patience[end] ?? 0 }),
      );
      if (isUp) expect(passes).toEqual([true, true]);
      isUp = passes.every(Boolean);
    }
    expect(isUp).toBe(true);
  }
});
