import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LivenessMember, letPass, startLivenessHosts } from '../support/liveness-hosts.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';

const resources = createResources();
let [a, b, c]: LivenessMember[] = [];

beforeAll(async () => {
  [a, b, c] = await startLivenessHosts(resources, ['a', 'b', 'c']);
});
afterAll(() => resources.close());

const lostHosts = (sinceMs: number) =>
  [a, b, c].flatMap((one) => one?.historySince(sinceMs) ?? []).filter((hosts) => hosts.length < 3);

test('Q20 one direction of one path is cut: the prober that still hears the host vetoes', async () => {
  const sinceMs = Date.now();
  await b?.drop(`ip saddr ${a?.address} udp dport 4250`, `ip saddr ${a?.address} udp sport 4250`);
  await poll(() => b?.stateOf('a') !== 'heard', { what: 'b to miss a', timeoutMs: 15_000 });
  await poll(() => c?.agent.output().includes('"vote":"clear"') || a?.agent.output().includes('"vote":"clear"'), {
    what: 'c to veto, or a to refute',
    timeoutMs: 15_000,
  });
  await letPass(8_000);
  expect(lostHosts(sinceMs)).toEqual([]);
  await b?.heal();
  await poll(() => b?.stateOf('a') === 'heard', { what: 'b to hear a again' });
});

test('Q20 a prober that hears no other host stops voting, and refutes marks about itself', async () => {
  // It may have cleared a mark in the test before.
  const clearings = () => c?.agent.output().match(/"vote":"clear"/g)?.length ?? 0;
  const [before, sinceMs] = [clearings(), Date.now()];
  await c?.drop('udp sport 4250', 'udp dport 4250');
  await poll(() => c?.status()?.voting === false, { what: 'c to stop voting', timeoutMs: 15_000 });
  await poll(() => clearings() > before, { what: 'c to refute', timeoutMs: 15_000 });
  await letPass(8_000);
  expect(lostHosts(sinceMs)).toEqual([]);
  await c?.heal();
  await poll(() => c?.status()?.voting, { what: 'c to vote again', timeoutMs: 15_000 });
});
