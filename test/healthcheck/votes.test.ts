import { expect, test } from 'vitest';
import { createHostFacts, type FactChanges } from '../../facts/index.ts';
import type { PlacedTarget } from '../../healthcheck/follow-targets.ts';
import type { Opinion } from '../../healthcheck/index.ts';
import { publishedVote, publishVotes, VOTE_PREFIX, votesFor } from '../../healthcheck/votes.ts';
import { testLog } from '../support/test-log.ts';
import { CHECK } from '../view/world.ts';

const target = (containerId: string, changes: Partial<PlacedTarget> = {}): PlacedTarget => ({
  hostId: 'a',
  containerId,
  startedAtMs: 100,
  address: '10.42.1.1',
  port: 80,
  check: CHECK,
  ...changes,
});
const UP: Opinion = { startedAtMs: 100, up: true, wasUp: true, sinceMs: 150, text: 'Layer4 check passed' };

const votes = (targets: readonly PlacedTarget[], opinion: Opinion | null, checksSinceMs = 50) =>
  votesFor(targets, { hostId: 'a', checksSinceMs, opinionOf: () => opinion });

test('an opinion is a vote about the start of the container', () => {
  expect([...votes([target('c1'), target('c2', { hostId: 'b', startedAtMs: 7 })], UP)]).toEqual([
    ['vote/a/c1', UP],
    ['vote/b/c2', { ...UP, startedAtMs: 7 }],
  ]);
  const [long] = votes([target('c1')], { ...UP, text: 'x'.repeat(5_000) }).values();
  expect(long?.text).toHaveLength(200);
});

test('only a container of this host that has started since it checks is voted on before the first result', () => {
  const waiting = { startedAtMs: 100, up: false, wasUp: false, sinceMs: 100, text: '' };
  expect([...votes([target('c1'), target('c2', { hostId: 'b' })], null)]).toEqual([['vote/a/c1', waiting]]);
  expect(votes([target('c1')], null, 101).size).toBe(0);
});

test('votes are published as one change, and those that stay are not written', () => {
  const facts = createHostFacts({ log: testLog('facts') });
  const part = facts.part([VOTE_PREFIX]);
  const changes: FactChanges[] = [];
  facts.onChange((change) => changes.push(change));
  const both = [target('c1'), target('c2')];
  publishVotes(part, votes(both, UP));
  publishVotes(part, votes(both, UP));
  expect(changes.map(({ size }) => size)).toEqual([2]);
  expect(publishedVote(part, target('c1'))).toEqual(UP);
  expect(publishedVote(part, target('c1', { startedAtMs: 101 }))).toBeNull();
  publishVotes(part, votes([target('c2')], { ...UP, up: false }));
  expect(Object.fromEntries(changes[1] ?? [])).toEqual({ 'vote/a/c1': null, 'vote/a/c2': { ...UP, up: false } });
});
