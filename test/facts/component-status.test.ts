import { expect, test } from 'vitest';
import { componentStatusFact, reductionFor } from '../../facts/index.ts';
import { type ComponentStatus, componentStatuses } from '../../model/index.ts';
import { advance, emptyState } from '../../state/index.ts';
import { delta, environment } from '../state/facts.ts';

const problem = { subject: 'bridge drover1', what: 'w'.repeat(2_000), hint: 'remove it' };
const status: ComponentStatus = {
  component: 'overlay',
  state: 'failing',
  problems: Array.from({ length: 30 }, () => problem),
  sinceMs: 5,
};

test('a status with many long problems becomes a fact that every host accepts', () => {
  const [key, value] = componentStatusFact(status);
  expect(key).toBe('status/overlay');
  const { state, problems } = advance(emptyState(environment, 'self'), delta({ a: { [key]: value } }));
  expect(problems).toEqual([]);
  const hostState = state.snapshot.hosts.get('a');
  const read = hostState && componentStatuses(hostState).get('overlay');
  expect(read).toMatchObject({ component: 'overlay', state: 'failing', sinceMs: 5 });
  expect(read?.problems).toHaveLength(10);
  expect(read?.problems[0]?.what).toMatch(/^w{499}…$/);
});

test('a host without status facts has no statuses', () => {
  const { state } = advance(emptyState(environment, 'self'), delta({ a: {} }));
  expect(componentStatuses(state.snapshot.hosts.get('a') ?? { facts: new Map() }).size).toBe(0);
});

test('no process beside the agent gets it', () => {
  const [key, value] = componentStatusFact(status);
  for (const role of ['dns', 'metadata']) {
    expect(reductionFor(role).fact(key, value)).toBeUndefined();
    expect(reductionFor(role).fact(key, null)).toBeUndefined();
  }
});
