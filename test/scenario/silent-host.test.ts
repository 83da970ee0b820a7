import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LivenessMember, startLivenessHosts, waitUntilAllSee } from '../support/liveness-hosts.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';

const resources = createResources();
let [a, b, c]: LivenessMember[] = [];

beforeAll(async () => {
  [a, b, c] = await startLivenessHosts(resources, ['a', 'b', 'c']);
});
afterAll(() => resources.close());

const members = () => [a, b, c] as LivenessMember[];
const link = (one: LivenessMember | undefined, state: 'up' | 'down') =>
  one?.host.run('ip', ['link', 'set', 'uplink', state]);

test('Q20 a host that is cut off is out on all hosts within 10 s, and back automatically', async () => {
  const tookMs: number[] = [];
  for (let time = 0; time < 2; time += 1) {
    const sinceMs = Date.now();
    await link(c, 'down');
    const others = members().slice(0, 2);
    await waitUntilAllSee(others, ['a', 'b']);
    tookMs.push(...others.map((one) => one.sinceMs() - sinceMs));
    await poll(() => a?.stateOf('c') === 'down', { what: 'the status of a to name c' });
    // The host itself keeps the state it had (Q2).
    expect(c?.present().toSorted()).toEqual(['a', 'b', 'c']);
    await link(c, 'up');
    await waitUntilAllSee(members(), ['a', 'b', 'c']);
    await poll(() => members().every((one) => one.status()?.probed.every(({ state }) => state === 'heard')), {
      what: 'all hosts to hear each other',
    });
  }
  console.log(`out on the other hosts after ${tookMs.join(', ')} ms`);
  expect(Math.max(...tookMs)).toBeLessThan(10_000);
});

test('Q20 a stopped host is out within 10 s, and back automatically', async () => {
  const sinceMs = Date.now();
  c?.agent.signal('SIGSTOP');
  await waitUntilAllSee(members().slice(0, 2), ['a', 'b']);
  expect((a?.sinceMs() ?? 0) - sinceMs).toBeLessThan(10_000);
  c?.agent.signal('SIGCONT');
  await waitUntilAllSee(members(), ['a', 'b', 'c']);
});

test('Q20 of two hosts, the remaining one decides alone', async () => {
  b?.agent.signal('SIGTERM');
  await waitUntilAllSee([a, c] as LivenessMember[], ['a', 'c']);
  const sinceMs = Date.now();
  await link(c, 'down');
  await waitUntilAllSee([a] as LivenessMember[], ['a']);
  expect((a?.sinceMs() ?? 0) - sinceMs).toBeLessThan(10_000);
});
