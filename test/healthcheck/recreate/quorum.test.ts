import { expect, test } from 'vitest';
import { decideRecreation, outcomeOf } from '../../../healthcheck/recreate/quorum.ts';
import type { HealthCheck, HealthState } from '../../../model/index.ts';

const NOW = 100_000;
type Strategy = Pick<
  HealthCheck,
  'strategy' | 'recreateOnQuorum' | 'initializingTimeoutMs' | 'reinitializingTimeoutMs'
>;

const check = (strategy: HealthCheck['strategy'], rest: Partial<Strategy> = {}): Strategy => ({
  strategy,
  recreateOnQuorum: strategy === 'recreateOnQuorum' ? 2 : null,
  initializingTimeoutMs: 60_000,
  reinitializingTimeoutMs: null,
  ...rest,
});

const members = (...states: readonly (HealthState | null)[]) =>
  states.map((health, index) => ({ id: `c${index}`, health, sinceMs: NOW - 60_000 }));

const U = 'unhealthy';
const H = 'healthy';
const I = 'initializing';
const R = 'reinitializing';

test.each<[string, Strategy, readonly (HealthState | null)[], string]>([
  ['none: unhealthy', check('none'), [U, H, H], 'leave'],
  ['none: initializing too long', check('none'), [I], 'leave'],
  ['recreate: unhealthy, the only one', check('recreate'), [U], 'recreate'],
  ['recreate: all are unhealthy', check('recreate'), [U, U, U], 'recreate'],
  ['recreate: healthy', check('recreate'), [H, U], 'leave'],
  ['recreate: no result yet', check('recreate'), [null, U], 'leave'],
  ['quorum: as many healthy as the quorum', check('recreateOnQuorum'), [U, H, H], 'recreate'],
  ['quorum: fewer healthy', check('recreateOnQuorum'), [U, H, U], 'wait'],
  ['quorum: initializing ones do not count', check('recreateOnQuorum'), [U, H, I, R], 'wait'],
  ['quorum: ones that are upgraded count', check('recreateOnQuorum'), [U, H, 'updating-healthy'], 'recreate'],
  ['quorum: ones without a verdict do not count', check('recreateOnQuorum'), [U, H, null], 'wait'],
  ['quorum: none given is 1', check('recreateOnQuorum', { recreateOnQuorum: null }), [U, H], 'recreate'],
  ['initializing too long', check('recreate'), [I], 'recreate'],
  ['initializing too long, below the quorum', check('recreateOnQuorum'), [I, H], 'wait'],
  ['initializing too long, at the quorum', check('recreateOnQuorum'), [I, H, H], 'recreate'],
  ['initializing, not long enough', check('recreate', { initializingTimeoutMs: 60_001 }), [I], 'later'],
  ['initializing, no limit', check('recreate', { initializingTimeoutMs: null }), [I], 'leave'],
  ['reinitializing, no limit', check('recreate'), [R], 'leave'],
  ['reinitializing too long', check('recreate', { reinitializingTimeoutMs: 30_000 }), [R], 'recreate'],
  ['not a container of the service', check('recreate'), [], 'leave'],
])('decideRecreation() with %s', (_title, strategy, states, expected) => {
  expect(decideRecreation(strategy, 'c0', members(...states), NOW).kind).toBe(expected);
});

test('decideRecreation() says what is missing for the quorum, and does not depend on the order', () => {
  const states = members(U, H, U);
  const decision = decideRecreation(check('recreateOnQuorum'), 'c0', states, NOW);
  expect(decision).toEqual({ kind: 'wait', why: '1 of 3 healthy, quorum 2' });
  expect(decideRecreation(check('recreateOnQuorum'), 'c0', states.toReversed(), NOW)).toEqual(decision);
});

test('decideRecreation() says when the time of a container that is initializing is over', () => {
  const later = check('recreate', { initializingTimeoutMs: 70_000 });
  expect(decideRecreation(later, 'c0', members(I), NOW)).toEqual({ kind: 'later', why: I, atMs: NOW + 10_000 });
});

test('outcomeOf() waits for the first verdict on a new container, at most its time', () => {
  const of = (health: HealthState | null, ageMs: number, initializingTimeoutMs: number | null = null) =>
    outcomeOf({ initializingTimeoutMs }, health, { createdAtMs: NOW - ageMs, nowMs: NOW });
  expect([of(I, 59_999), of(I, 60_000), of(I, 60_000, 90_000), of(R, 90_000, 90_000)]).toEqual([
    'pending',
    'failed',
    'pending',
    'failed',
  ]);
  expect([of(H, 0), of(U, 0), of(null, 0), of(null, 60_000)]).toEqual(['healthy', 'healthy', 'pending', 'failed']);
});
