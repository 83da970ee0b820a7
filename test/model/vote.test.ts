import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { changesVerdict, type HealthState, type Vote, verdictOf } from '../../model/index.ts';

const STARTED = 1_000;
const container = { health: null, wasReady: true, startCount: 1, startedAtMs: STARTED } as const;
const vote = (changes: Partial<Vote> = {}): Vote => ({
  startedAtMs: STARTED,
  up: false,
  wasUp: false,
  sinceMs: 0,
  text: '',
  ...changes,
});
const UP = vote({ up: true, wasUp: true });
const DOWN = vote({ wasUp: true });
const NEVER = vote();
const OLD = vote({ up: true, wasUp: true, startedAtMs: STARTED - 1 });

describe('verdictOf()', () => {
  test.each<[string, readonly Vote[], HealthState | null, boolean]>([
    ['without votes, what Docker reports counts', [], null, true],
    ['votes about an earlier start do not count', [OLD], null, true],
    ['a check that has not passed yet', [NEVER, NEVER], 'initializing', false],
    ['one checker that passes is enough', [DOWN, NEVER, UP], 'healthy', true],
    ['all that have an opinion fail', [DOWN, DOWN], 'unhealthy', true],
    ['one has seen it pass', [NEVER, DOWN], 'unhealthy', true],
    ['an earlier start that passed', [OLD, NEVER], 'initializing', false],
  ])('%s', (_, votes, health, wasReady) => {
    expect(verdictOf(container, votes)).toEqual({ health, wasReady });
  });

  test.each<[HealthState, boolean, Vote, HealthState, boolean]>([
    ['healthy', true, DOWN, 'healthy', true],
    ['unhealthy', true, UP, 'healthy', true],
    ['unhealthy', true, NEVER, 'unhealthy', true],
    ['unhealthy', false, NEVER, 'initializing', false],
    ['initializing', false, DOWN, 'unhealthy', true],
  ])('Docker’s own check (%s, ready before: %s) counts like a vote', (health, wasReady, given, expected, ready) => {
    expect(verdictOf({ ...container, health, wasReady }, [given])).toEqual({ health: expected, wasReady: ready });
  });

  test('a container that was started again is reinitializing', () => {
    expect(verdictOf({ ...container, startCount: 2 }, [NEVER]).health).toBe('reinitializing');
  });

  test('any order of votes gives one verdict', () => {
    const votes = fc.array(fc.constantFrom(UP, DOWN, NEVER, OLD), { maxLength: 5 });
    const shuffled = votes.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    );
    fc.assert(
      fc.property(shuffled, ([list, other]) => {
        expect(verdictOf(container, other)).toEqual(verdictOf(container, list));
      }),
    );
  });
});

test('changesVerdict() is true whenever the verdict is another one with the vote; exact without a check of Docker', () => {
  const votes = fc.constantFrom(UP, DOWN, NEVER, OLD);
  const ofDocker = fc.constantFrom<HealthState | null>(null, 'healthy', 'unhealthy', 'initializing');
  fc.assert(
    fc.property(votes, fc.array(votes, { maxLength: 3 }), ofDocker, fc.boolean(), (own, others, health, wasReady) => {
      fc.pre(own !== OLD);
      const one = { ...container, health, wasReady };
      const changes = JSON.stringify(verdictOf(one, [...others, own])) !== JSON.stringify(verdictOf(one, others));
      const found = changesVerdict(own, others);
      expect(found || !changes).toBe(true);
      const isFirst = others.every((vote) => vote === OLD);
      if (health === null) expect(found).toBe(changes || isFirst);
    }),
  );
});
