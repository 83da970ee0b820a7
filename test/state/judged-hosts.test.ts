import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Vote } from '../../model/index.ts';
import { advance, emptyState, type SnapshotDelta, type State } from '../../state/index.ts';
import { container, delta, environment, host } from './facts.ts';

const empty = emptyState(environment, 'a');
const STARTED = 1_700_000_000_500;
const vote = (changes: Partial<Vote> = {}): Vote => ({
  startedAtMs: STARTED,
  up: true,
  wasUp: true,
  sinceMs: 1,
  text: 'Layer4 check passed',
  ...changes,
});
const UP = vote();
const DOWN = vote({ up: false, text: 'Layer4 timeout' });
const walk = (state: State, ...deltas: readonly SnapshotDelta[]): State =>
  deltas.reduce((before, next) => advance(before, next).state, state);

/** `c1` and `c2` on host a, which b and c check, too. */
const base = walk(
  empty,
  delta({
    a: { host: host('a'), 'container/c1': container('a', 'c1'), 'container/c2': container('a', 'c2') },
    b: { host: host('b') },
    c: { host: host('c') },
  }),
);
const says = (hostId: string, given: Vote | null, id = 'c1') => delta({ [hostId]: { [`vote/a/${id}`]: given } });
const of = ({ snapshot }: State, id = 'c1') => snapshot.hosts.get('a')?.containers.get(id);

describe('votes and the snapshot', () => {
  test('a container has the verdict of all hosts, and the one beside it is untouched', () => {
    const failing = walk(base, says('a', DOWN), says('b', DOWN));
    expect(of(failing)).toEqual({ ...of(base), health: 'unhealthy', wasReady: true, ofDocker: null });
    expect(of(failing, 'c2')).toBe(of(base, 'c2'));
    expect(of(walk(failing, says('c', UP)))?.health).toBe('healthy');
    expect(of(walk(failing, says('a', null), says('b', null)))).toBe(of(base));
  });

  test('a vote that changes nothing keeps the container as it is', () => {
    const one = walk(base, says('a', UP));
    const more = walk(one, says('b', UP), says('a', vote({ text: 'Layer7 check passed' })));
    expect(of(more)).toBe(of(one));
    expect(more.snapshot.hosts.get('a')?.containers).toBe(one.snapshot.hosts.get('a')?.containers);
  });

  test('votes of a host that is down or gone do not count', () => {
    const split = walk(base, says('a', DOWN), says('b', UP));
    expect(of(split)?.health).toBe('healthy');
    const down = { state: 'down', incarnation: 1, by: 'a' };
    expect(of(walk(split, delta({}, { 'liveness/b': down })))?.health).toBe('unhealthy');
    expect(of(walk(split, delta({}, { 'liveness/b': down }), delta({}, { 'liveness/b': null })))?.health).toBe(
      'healthy',
    );
    expect(of(walk(split, delta({ b: null })))?.health).toBe('unhealthy');
  });

  test('a new start of the container ends the verdict', () => {
    const again = { 'container/c1': container('a', 'c1', { startedAtMs: STARTED + 1, startCount: 2 }) };
    const started = walk(base, says('b', DOWN), delta({ a: again }));
    expect(of(started)?.health).toBeNull();
    expect(of(walk(started, says('b', vote({ up: false, wasUp: false, startedAtMs: STARTED + 1 }))))?.health).toBe(
      'reinitializing',
    );
  });

  test('a vote may arrive before its container, and may be about a container that does not exist', () => {
    const early = walk(
      empty,
      delta({ b: { host: host('b'), 'vote/a/c1': DOWN, 'vote/nobody/x': UP, 'vote/a/y': UP } }),
    );
    expect(early.rejected.size).toBe(0);
    const late = walk(early, delta({ a: { host: host('a'), 'container/c1': container('a', 'c1') } }));
    expect(of(late)?.health).toBe('unhealthy');
  });

  test('step by step and at once give the same snapshot', () => {
    const votes = fc.constantFrom(UP, DOWN, vote({ up: false, wasUp: false }), vote({ startedAtMs: 5 }), null);
    const ids = fc.constantFrom('c1', 'c2');
    const voted = fc.record({ hostId: fc.constantFrom('a', 'b', 'c'), id: ids, given: votes });
    const step = fc.oneof(
      { weight: 6, arbitrary: voted.map(({ hostId, id, given }) => says(hostId, given, id)) },
      ids.map((id) => delta({ a: { [`container/${id}`]: null } })),
      ids.map((id) => delta({ a: { [`container/${id}`]: container('a', id) } })),
      fc.constantFrom('b', 'c').map((hostId) => delta({ [hostId]: null })),
      fc.constantFrom('b', 'c').map((hostId) => delta({ [hostId]: { host: host(hostId) } })),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const end = walk(base, ...steps);
        const whole = Object.fromEntries([...end.picture.hosts].map(([id, facts]) => [id, Object.fromEntries(facts)]));
        const { hosts } = walk(empty, delta(whole)).snapshot;
        expect(new Map(end.snapshot.hosts)).toEqual(new Map(hosts));
      }),
      { numRuns: 200, seed: 12 },
    );
  });
});
