import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  CONSUL_PATH,
  everybodySees,
  type LivenessMember,
  letPass,
  startLivenessHosts,
} from '../support/liveness-hosts.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';

const resources = createResources();
let [a, b, c]: LivenessMember[] = [];

beforeAll(async () => {
  [a, b, c] = await startLivenessHosts(resources, ['a', 'b', 'c']);
});
afterAll(() => resources.close());

test('Q2 Q20 a host that is cut from Consul alone stays, also when its session has expired', async () => {
  const members = [a, b, c] as LivenessMember[];
  const others = members.slice(0, 2);
  const sinceMs = Date.now();
  await c?.drop(...CONSUL_PATH);
  const vouches = () => others.some((one) => one.agent.output().includes('keeping host'));
  await poll(vouches, { what: 'the session to expire and another host to vouch', timeoutMs: 50_000 });
  expect(c?.connected()).toBe(false);
  await letPass(8_000);
  expect(members.flatMap((one) => one.historySince(sinceMs))).toEqual([]);

  // Without Consul it cannot refute, nor say that it is back: the others do, by what they hear.
  c?.agent.signal('SIGSTOP');
  await everybodySees(others, ['a', 'b']);
  c?.agent.signal('SIGCONT');
  await everybodySees(others, ['a', 'b', 'c']);

  const healedMs = Date.now();
  await c?.hint();
  await poll(() => c?.connected(), { what: 'c to be back', timeoutMs: 20_000 });
  await letPass(3_000);
  expect(others.flatMap((one) => one.historySince(healedMs))).toEqual([]);
}, 120_000); // biome-ignore format: the time limit belongs to the title
