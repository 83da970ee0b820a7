import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  changeRules,
  changeWeights,
  killAgent,
  publishService,
  renewCertificates,
  roll,
  upgradeAgent,
  workersOf,
} from '../support/lb/churn/churn.ts';
import { type ChurnWorld, createChurnWorld } from '../support/lb/churn/churn-world.ts';
import { changeContainers } from '../support/lb/churn/containers.ts';
import { type Load, startLoad } from '../support/lb/load.ts';
import { copyAsVersion } from '../support/other-version.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';

/** `npm run bench -- lb-churn` does more of everything, at 500 requests per second. */
const PER_SECOND = 150;
const SEED = 13;

const resources = createResources();
let world: ChurnWorld;
let load: Load;

beforeAll(async () => {
  world = await createChurnWorld(resources, await copyAsVersion(resources, '0.0.9'));
  load = await startLoad(resources, world.client.host, {
    targets: world.targets,
    ...{ perSecond: PER_SECOND, webSockets: 6, uploads: 1, uploadSeconds: 4 },
  });
});
afterAll(() => resources.close());

/** All clients so far: what fails in one part is not blamed on the next one. */
const expectNoFailure = () => expect(load.current().failures).toEqual([]);

test('Q4 Q5 containers that start and stop, other weights, usual rules and renewed certificates lose nothing and cause no reload', async () => {
  const before = await workersOf(world);
  await Promise.all([
    changeContainers(world, load, { seed: SEED, count: 8 }),
    changeWeights(world, 3),
    renewCertificates(world, load, 1),
  ]);
  await changeRules(world, 3, 'usual');
  await publishService(world);
  expect(await workersOf(world)).toEqual(before);
  expectNoFailure();
});

test('Q4 other rules and drover roll lose nothing, although the containers exit at SIGTERM', async () => {
  await Promise.all([changeRules(world, 2, 'other'), roll(world, 1)]);
  expectNoFailure();
});

test('Q4 Q35 HAProxy goes on while the agent is killed, and while it is upgraded', async () => {
  const before = await workersOf(world);
  await killAgent(world, load);
  await upgradeAgent(world);
  await changeContainers(world, load, { seed: SEED, count: 2 });
  expect(await workersOf(world)).toEqual(before);
  expectNoFailure();
});

test('Q4 no client has seen a failure', async () => {
  await poll(() => load.current().uploads > 0, { what: 'an upload', timeoutMs: 20_000 });
  const result = await load.stop();
  expect(result.failures).toEqual([]);
  expect(result.webSockets).toBeGreaterThan(6);
});
