import { afterAll, beforeAll, expect, test } from 'vitest';
import { startConsulCluster } from '../support/consul.ts';
import { measureCrowd } from '../support/consul-crowd.ts';
import { createResources } from '../support/resources.ts';

// `node bench/bus.ts` is the long form: a table for 50, 200 and 1,000 hosts.
const resources = createResources();
let consul: string;

beforeAll(async () => {
  const cluster = await startConsulCluster(resources);
  consul = (await cluster.leader()).url;
});
afterAll(() => resources.close());

test.each([
  [50, 16],
  [1_000, 64],
])('Q23 with %i hosts, each reads at most %i kB when one container changes', async (hosts, limitKb) => {
  const cost = await measureCrowd(resources, { consul, namespace: `cost-${hosts}`, hosts, changes: 25 });
  console.log(`${hosts} hosts: at most ${Math.max(...cost.readBytes)} bytes read, ${Math.max(...cost.writes)} writes`);
  expect(Math.max(...cost.readBytes)).toBeLessThanOrEqual(limitKb * 1024);
  expect(Math.min(...cost.readBytes)).toBeGreaterThan(0);
  expect(Math.max(...cost.writes)).toBeLessThanOrEqual(2);
  expect(Math.min(...cost.writes)).toBeGreaterThan(0);
  expect(cost.openQueries).toBeGreaterThan(0);
  expect(cost.openQueries).toBeLessThanOrEqual(8);
}, 60_000); // biome-ignore format: the time limit belongs to the title
