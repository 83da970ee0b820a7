import { expect, test } from 'vitest';
import type { Target } from '../../../healthcheck/index.ts';
import { Opinions } from '../../../healthcheck/opinion/opinions.ts';
import type { Opinion } from '../../../healthcheck/opinion/target.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { testLog } from '../../support/test-log.ts';
import { target } from '../target.ts';

function start(targets: readonly Target[], recall: (target: Target) => Opinion | null = () => null) {
  const clock = createFakeClock(0);
  const opinions = new Opinions({ clock, log: testLog('opinions') }, { hostId: 'a', recall });
  const told: string[] = [];
  opinions.onVotes((changes) => {
    for (const [id, vote] of changes)
      told.push(vote === null ? `${id} none` : `${id} ${vote.up ? 'up' : 'down'} ${vote.text}`);
  });
  const set = (all: readonly Target[]): void => opinions.setTargets(new Map(all.map((one) => [one.containerId, one])));
  const take = (id: string, passed: boolean, up = passed) =>
    opinions.take(id, { kind: 'result', passed, up, text: passed ? 'passed' : 'failed' });
  set(targets);
  return { clock, opinions, told, set, take };
}

test('tells a vote once, when it changes', () => {
  const { opinions, told, take } = start([target('a')]);
  take('a', true);
  take('a', true);
  take('a', false, true);
  take('a', true);
  take('a', false);
  take('a', false);
  take('unknown', true);
  expect(told).toEqual(['a up passed', 'a down failed']);
  expect(opinions.votes.get('a')).toEqual({ startedAtMs: 1, up: false, wasUp: true, sinceMs: 0, text: 'failed' });
});

test('withdraws the vote about a container that is no target, and about an earlier start', () => {
  const { told, set, take, opinions } = start([target('a'), target('b')]);
  take('a', true);
  take('b', true);
  set([target('b', {}, { startedAtMs: 2 })]);
  expect(told.slice(2).toSorted()).toEqual(['a none', 'b none']);
  take('b', false);
  expect(opinions.votes.get('b')).toMatchObject({ startedAtMs: 2, up: false, wasUp: false });
});

test('keeps the opinion when only the check of a container changes', () => {
  const { told, set, take } = start([target('a')]);
  take('a', true);
  take('a', false, true);
  take('a', false, true);
  set([target('a', { intervalMs: 500 })]);
  take('a', false, true);
  expect(told).toEqual(['a up passed']);
});

test('goes on with what was published before the start of the process', () => {
  const before: Opinion = { startedAtMs: 1, up: true, wasUp: true, sinceMs: -500, text: 'earlier' };
  const old = target('b', {}, { startedAtMs: 9 });
  const { opinions, told, take } = start([target('a'), old], () => before);
  expect([...opinions.votes]).toEqual([['a', before]]);
  expect(take('a', false, true)).toBe('up');
  expect(opinions.votes.get('a')).toBe(before);
  expect(told).toEqual(['a up earlier']);
});

test('tells HAProxy to count on from the state of the results before and after its restart', () => {
  const { opinions, take } = start([target('a')]);
  take('a', true);
  take('a', false, true);
  take('a', false, true);
  opinions.take('a', { kind: 'added' });
  expect(take('a', false, true)).toBe('up');
});

test('believes a flapping target after a hold-down, without a further result', async () => {
  const { clock, told, take, opinions } = start([target('a')]);
  for (const passed of [true, false, true, false, true]) take('a', passed);
  expect(told).toEqual(['a up passed', 'a down failed', 'a up passed', 'a down failed']);
  await clock.advance(4_900);
  expect(opinions.votes.get('a')?.up).toBe(false);
  await clock.advance(200);
  expect(told.at(-1)).toBe('a up passed');
  take('a', false);
  take('a', true);
  await clock.advance(5_100);
  take('a', false);
  await clock.advance(60_000);
  expect(told.at(-1)).toBe('a down failed');
  opinions.close();
  expect(clock.sleepers()).toBe(0);
});

const six = Array.from({ length: 6 }, (_, n) => `t${n}`);

test('does not vote about most of the targets when it loses them at once, and forgets the flaps of that loss', async () => {
  const { clock, opinions, take } = start([...six, 'steady', 'never'].map((id) => target(id, {}, { hostId: 'b' })));
  take('steady', true);
  take('never', false);
  for (let round = 0; round < 3; round += 1) {
    for (const id of six) take(id, true);
    expect(opinions.suspended).toBe(false);
    expect([...opinions.votes.values()].filter(({ up }) => up)).toHaveLength(six.length + 1);
    for (const id of six) take(id, false);
    expect(opinions.suspended).toBe(true);
    expect([...opinions.votes].map(([id, { up }]) => [id, up])).toEqual([
      ['steady', true],
      ['never', false],
    ]);
    expect([...six, 'steady'].filter((id) => opinions.isWithheld(id))).toEqual(six);
    await clock.advance(100_000);
  }
});

test('Q20: not even the first loss is told while most of the others fail, too', () => {
  const { opinions, told, take } = start(six.map((id) => target(id)));
  for (const id of six) take(id, true);
  told.length = 0;
  for (let failure = 1; failure <= 3; failure += 1) for (const id of six) take(id, false, failure < 3);
  expect(told.toSorted()).toEqual(six.map((id) => `${id} none`));
  told.length = 0;
  for (const id of six) take(id, true);
  expect(told.toSorted()).toEqual(six.map((id) => `${id} up passed`));
  expect(opinions.suspended).toBe(false);
});

test('a loss is told when those that failed with it pass again', async () => {
  const { clock, told, take } = start(six.map((id) => target(id)));
  for (const id of six) take(id, true);
  told.length = 0;
  for (const id of six) take(id, false, true);
  take('t0', false);
  expect(told).toEqual(['t0 none']);
  for (const id of six.slice(1, 5)) take(id, true);
  await clock.advance(3_000);
  expect(told.slice(1)).toEqual(['t0 down failed']);
});

test('a check with a long interval does not prolong the suspension', async () => {
  const ids = [...six, 'daily'];
  const { clock, opinions, take } = start(
    ids.map((id) => target(id, { intervalMs: id === 'daily' ? 86_400_000 : 1_000 }, { hostId: 'b' })),
  );
  for (const id of ids) take(id, true);
  for (const id of six) take(id, false);
  expect(opinions.suspended).toBe(true);
  for (const id of six.slice(0, 4)) take(id, true);
  await clock.advance(62_000);
  expect(opinions.suspended).toBe(false);
});

test('votes about containers of this host after 30 s, whatever it has lost', async () => {
  const { clock, opinions, told, take } = start(six.map((id, n) => target(id, {}, { hostId: n < 2 ? 'a' : 'b' })));
  for (const id of six) take(id, true);
  for (const id of six) take(id, false);
  told.length = 0;
  await clock.advance(29_000);
  expect(told).toEqual([]);
  await clock.advance(2_000);
  expect(told).toEqual(['t0 down failed', 't1 down failed']);
  await clock.advance(100_000);
  expect(opinions.suspended).toBe(true);
  opinions.close();
  expect(clock.sleepers()).toBe(0);
});
