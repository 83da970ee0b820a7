import { expect, test } from 'vitest';
import { failingPaths, pathsPart } from '../../../agent/overlay/paths-part.ts';
import type { JsonValue } from '../../../model/index.ts';
import type { PeerPath } from '../../../overlay/index.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

const path = (state: PeerPath['state'], sinceMs: number): PeerPath => ({
  state,
  sinceMs,
  rttMs: 1,
  lossIn: 0,
  lossOut: 0,
  mtu: 1_440,
  lastSeenAtMs: 1,
});

test('failingPaths() gives the paths that have failed for a while, in stable order', () => {
  const paths = new Map([
    ['d', path('silent', 100)],
    ['c', path('unheard', 100)],
    ['b', path('silent', 50)],
    ['a', path('silent', 101)],
    ['e', path('up', 0)],
    ['f', path('unknown', 0)],
  ]);
  expect(failingPaths(paths, 100)).toEqual({ silent: ['b', 'd'], unheard: ['c'] });
});

test('the fact is written at most every 10 s, and removed when the host does not probe', async () => {
  const clock = createFakeClock();
  const written: (JsonValue | null)[] = [];
  let paths: ReadonlyMap<string, PeerPath> | null = new Map();
  const stop = new AbortController();
  const part = pathsPart({
    clock,
    paths: () => paths,
    facts: { set: (_key, value) => void written.push(value) },
  })(stop.signal, { done: () => {}, problems: () => {} });
  paths = new Map([['b', path('silent', clock.now())]]);
  await clock.advance(9_000);
  expect(written).toEqual([{ silent: [], unheard: [] }]);
  await clock.advance(1_000);
  expect(written.at(-1)).toEqual({ silent: ['b'], unheard: [] });
  paths = null;
  await clock.advance(10_000);
  expect([written.length, written.at(-1)]).toEqual([3, null]);
  stop.abort();
  await part;
});
