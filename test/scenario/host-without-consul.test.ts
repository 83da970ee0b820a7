import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  CONSUL_PATH,
  type LivenessMember,
  letPass,
  startLivenessHosts,
  waitUntilAllSee,
} from '../support/liveness-hosts.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';

const resources = createResources();
let [a, b, c]: LivenessMember[] = [];

beforeAll(async () => {
  [a, b, c] = await startLivenessHosts(resources, ['a', 'b', 'c']);
});
afterAll(() => resources.close());

test('Q2 Q20 a host that only lost Consul stays without its votes, even after its session has expired', async () => {
  const members = [a, b, c] as LivenessMember[];
  const others = members.slice(0, 2);
  const voters = (ids: readonly string[]) => () => others.every((one) => one.voters().join() === ids.join());
  await poll(voters(['a', 'b', 'c']), { what: 'the votes of all hosts' });
  const sinceMs = Date.now();
  await c?.drop(...CONSUL_PATH);
  const takenOver = () => others.some((one) => one.agent.output().includes('keeping host'));
  await poll(takenOver, { what: 'the session to expire and another host to take it over', timeoutMs: 50_000 });
  await poll(voters(['a', 'b']), { what: 'the votes of c to go' });
  expect(c?.connected()).toBe(false);
  await letPass(8_000);
  expect(members.flatMap((one) => one.historySince(sinceMs))).toEqual([]);

  // Without Consul it can neither refute nor report its return. The other hosts do both by their probes.
  c?.agent.signal('SIGSTOP');
  await waitUntilAllSee(others, ['a', 'b']);
  c?.agent.signal('SIGCONT');
  await waitUntilAllSee(others, ['a', 'b', 'c']);

  const healedMs = Date.now();
  await c?.heal();
  await poll(() => c?.connected(), { what: 'c to be back', timeoutMs: 20_000 });
  await poll(voters(['a', 'b', 'c']), { what: 'the votes of c to be back' });
  await letPass(3_000);
  expect(others.flatMap((one) => one.historySince(healedMs))).toEqual([]);
}, 120_000); // biome-ignore format: the time limit belongs to the title
