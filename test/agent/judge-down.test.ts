import { expect, test } from 'vitest';
import { type DownFacts, judgeDown } from '../../agent/down/judge-down.ts';
import { formatProblem } from '../../model/index.ts';

const OURS = '169.254.169.250';
const nothing: DownFacts = {
  resolver: OURS,
  managedNetwork: 'drover',
  dockerDns: [],
  networks: [{ name: 'drover', isOurs: true, running: [], stopped: [] }],
  containers: [{ name: 'web', dns: ['192.0.2.1'] }],
  services: [],
};
const judge = (facts: Partial<DownFacts>) => {
  const { blockers, advice } = judgeDown({ ...nothing, ...facts });
  return { blockers: blockers.map(formatProblem), advice: advice.map(formatProblem) };
};

test('nothing needs Drover: no blockers, no advice', () => {
  expect(judge({})).toEqual({ blockers: [], advice: [] });
});

test('running containers on the managed network come first, then networks of others, then services of Swarm', () => {
  const { blockers, advice } = judge({
    networks: [
      { name: 'drover', isOurs: true, running: ['web', 'db'], stopped: ['old'] },
      { name: 'own', isOurs: false, running: [], stopped: [] },
    ],
    services: [
      { name: 'shop_web', dns: [OURS] },
      { name: 'shop_db', dns: [] },
    ],
  });
  expect(blockers).toEqual([
    expect.stringMatching(/^network drover: is used by web, db; remove these containers/),
    expect.stringMatching(/^network own: .*; remove it: `docker network rm own`$/),
    expect.stringMatching(/^Swarm service shop_web: .*`docker service update --dns-rm 169\.254\.169\.250 shop_web`$/),
  ]);
  expect(advice).toEqual([expect.stringMatching(/^containers old: are stopped, and belong to the network drover/)]);
});

test("Docker's dns setting and containers with the resolver are named with what to change", () => {
  const { blockers, advice } = judge({
    dockerDns: [OURS, '192.0.2.53'],
    containers: [{ name: 'web', dns: [OURS] }],
  });
  expect(blockers).toEqual([]);
  expect(advice).toEqual([
    expect.stringMatching(/^Docker's dns setting: lists 169.*remove 169.*daemon\.json .*keep 192\.0\.2\.53/),
    expect.stringMatching(/^containers web: .*remove `dns: 169\.254\.169\.250` from their Compose files/),
  ]);
});
