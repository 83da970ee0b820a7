import { beforeEach, expect, test } from 'vitest';
import { createHostFacts, type FactChanges, type FactsPart } from '../../facts/index.ts';
import {
  createVotes,
  isVoteAboutOthers,
  type Opinion,
  type Target,
  VOTE_PREFIX,
  type VoteContext,
  type Votes,
} from '../../healthcheck/index.ts';
import { testLog } from '../support/test-log.ts';
import { target } from './target.ts';

const STARTED = 100;
const on = (containerId: string, rest: Partial<Target> = {}) =>
  target(containerId, {}, { startedAtMs: STARTED, ...rest });
const UP: Opinion = { startedAtMs: STARTED, up: true, wasUp: true, sinceMs: 150, text: 'Layer4 check passed' };
const DOWN: Opinion = { ...UP, up: false, text: 'Layer4 timeout' };
const WAITING = { startedAtMs: STARTED, up: false, wasUp: false, sinceMs: STARTED, text: '' };
const context = (opinion: Opinion | null, checksSinceMs = 50): VoteContext => ({
  hostId: 'a',
  checksSinceMs,
  opinionOf: () => opinion,
  isWithheld: () => false,
  admit: (_target, own) => own,
});

let part: FactsPart;
let votes: Votes;
let changes: FactChanges[];

beforeEach(() => {
  const facts = createHostFacts({ log: testLog('facts') });
  part = facts.part([VOTE_PREFIX]);
  votes = createVotes(part);
  changes = [];
  facts.onChange((change) => changes.push(change));
});

const published = () => Object.fromEntries(part.facts());

test('an opinion is a vote on the start of the container, with a text of limited length', () => {
  votes.replace([on('c1'), on('c2', { hostId: 'b', startedAtMs: 7 })], context({ ...UP, text: 'x'.repeat(5_000) }));
  const vote = { ...UP, text: 'x'.repeat(200) };
  expect(published()).toEqual({ 'vote/a/c1': vote, 'vote/b/c2': { ...vote, startedAtMs: 7 } });
});

test('before the first result, only a container of this host that has started since it checks has a vote', () => {
  votes.replace([on('c1'), on('c2', { hostId: 'b' })], context(null));
  expect(published()).toEqual({ 'vote/a/c1': WAITING });
  votes.replace([on('c3')], context(null, STARTED + 1));
  expect(published()).toEqual({});
});

test('a container that waited for its first result waits on after a restart of the agent; other opinions are recalled', () => {
  votes.replace([on('c1')], context(null));
  votes.replace([on('c1')], context(null, STARTED + 1));
  expect(published()).toEqual({ 'vote/a/c1': WAITING });
  expect(votes.recall(on('c1'))).toBeNull();
  votes.update([on('c1')], context(DOWN));
  expect(votes.recall(on('c1'))).toEqual(DOWN);
  expect(votes.recall(on('c1', { startedAtMs: STARTED + 1 }))).toBeNull();
});

test('votes are published as one change, and those that stay are not written', () => {
  const both = [on('c1'), on('c2')];
  votes.replace(both, context(UP));
  votes.replace(both, context(UP));
  votes.update([on('c2')], context(UP));
  expect(changes.map(({ size }) => size)).toEqual([2]);
  votes.update([on('c2')], context(DOWN));
  votes.replace([on('c2')], context(DOWN));
  expect(changes.slice(1).map((change) => Object.fromEntries(change))).toEqual([
    { 'vote/a/c2': DOWN },
    { 'vote/a/c1': null },
  ]);
});

test('an opinion that is withheld is no vote, not even that the container waits for its first result', () => {
  votes.replace([on('c1')], context(UP));
  votes.update([on('c1')], { ...context(null), isWithheld: () => true });
  expect(published()).toEqual({});
});

test.each([
  ['vote/b/web', true],
  ['vote/a/web', false],
  ['vote/ab/web', true],
  ['container/web', false],
])('isVoteAboutOthers(): %s of host a: %s', (key, expected) => {
  expect(isVoteAboutOthers(key, 'a')).toBe(expected);
});
