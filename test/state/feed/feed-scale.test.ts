import { afterEach, beforeEach, expect, test } from 'vitest';
import type { HostState } from '../../../model/index.ts';
import { advance, emptyState } from '../../../state/index.ts';
import { container, delta, environment, hostFacts } from '../facts.ts';
import { createFeedFixture, type FeedFixture } from './feed-fixture.ts';

let fixture: FeedFixture;
beforeEach(async () => {
  fixture = await createFeedFixture();
});
afterEach(() => fixture.resources.close());

const hostCount = 50;
const containersPerHost = 400;

function world() {
  const hosts: Record<string, Record<string, unknown>> = {};
  for (let n = 0; n < hostCount; n += 1) hosts[`h${n}`] = hostFacts(`h${n}`, containersPerHost);
  return delta(hosts);
}

const change = (round: number) =>
  delta({ h7: { 'container/h7c3': container('h7', 'h7c3', { startCount: 10 + round }) } });

function timed<T>(work: () => T): { readonly value: T; readonly ms: number } {
  const since = performance.now();
  const value = work();
  return { value, ms: performance.now() - since };
}

/** The middle of several, so that one pause of the machine decides nothing. */
function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

test('one change among 20,000 containers costs that change: everything else is shared', () => {
  const everything = world();
  const full = timed(() => advance(emptyState(environment, 'self'), everything).state);
  let state = full.value;
  const times: number[] = [];
  for (let round = 0; round < 21; round += 1) {
    const before = state;
    const step = timed(() => advance(before, change(round)).state);
    state = step.value;
    times.push(step.ms);
    const changed = [...state.snapshot.hosts].filter(([id, host]) => before.snapshot.hosts.get(id) !== host);
    expect(changed.map(([id]) => id)).toEqual(['h7']);
    const [now, then] = [state.snapshot.hosts.get('h7'), before.snapshot.hosts.get('h7')] as [HostState, HostState];
    const other = [...now.containers].filter(([id, own]) => then.containers.get(id) !== own);
    expect(other.map(([id]) => id)).toEqual(['h7c3']);
    expect(now.networks).toBe(then.networks);
  }
  expect(full.ms / middle(times)).toBeGreaterThan(50);
});

test('all of 20,000 containers reach a client; then a change costs that change', async () => {
  const agent = await fixture.startAgent();
  agent.store.apply({ ...world(), complete: true });
  const client = fixture.startClient();
  const since = performance.now();
  await client.until((revision) => revision === 1);
  const fullMs = performance.now() - since;
  expect(client.feed.current()?.snapshot).toEqual(agent.store.current());
  expect(fullMs).toBeLessThan(15_000);

  const times: number[] = [];
  for (let round = 0; round < 21; round += 1) {
    const before = client.feed.current()?.snapshot;
    const arrived = new Promise<number>((resolve) => {
      const leave = client.feed.subscribe(() => {
        leave();
        resolve(performance.now());
      });
    });
    const start = performance.now();
    agent.store.apply(change(round));
    times.push((await arrived) - start);
    const now = client.feed.current()?.snapshot;
    const changed = [...(now?.hosts ?? [])].filter(([id, host]) => before?.hosts.get(id) !== host);
    expect(changed.map(([id]) => id)).toEqual(['h7']);
  }
  expect(fullMs / middle(times)).toBeGreaterThan(30);
});

test('after a restart of the agent 20,000 equal containers are no change', async () => {
  const first = await fixture.startAgent();
  first.store.apply({ ...world(), complete: true });
  const client = fixture.startClient();
  await client.until((revision) => revision === 1);
  const before = client.feed.current()?.snapshot;
  let told = 0;
  client.feed.subscribe(() => {
    told += 1;
  });
  await first.stop();
  const second = await fixture.startAgent();
  second.store.apply({ ...world(), complete: true });
  await client.until(() => client.feed.status().connected && client.feed.status().staleSinceMs === null);
  second.store.apply(change(99));
  await client.until((revision) => revision === 2);
  expect(told).toBe(1);
  const changed = [...(client.feed.current()?.snapshot.hosts ?? [])].filter(
    ([id, host]) => before?.hosts.get(id) !== host,
  );
  expect(changed.map(([id]) => id)).toEqual(['h7']);
});
