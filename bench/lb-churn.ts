/**
 * `npm run bench -- lb-churn [--seed 13] [--rate 500] [--containers 1000] [--weights 50] [--rules 10] [--certificates 5] [--rolls 100]`:
 * two hosts with load balancers, and clients that send requests, hold WebSockets and make slow uploads, and repeat nothing. Meanwhile containers
 * start and stop (`--containers` counts both), weights, rules and certificates change, containers are rolled, and an agent is killed (-9) and
 * another time upgraded. Prints what the clients saw. Exits with 1 if anything failed, or if a change of endpoints, weights, certificates or
 * usual rules made HAProxy reload. `--rules` counts the usual ones; as many others change with the rolls. Takes some 25 minutes: 8 s for each
 * container that is rolled, whose WebSockets and uploads end first, and 0.6 s for each start or stop.
 */
import { parseArgs } from 'node:util';
import {
  changeRules,
  changeWeights,
  killAgent,
  renewCertificates,
  roll,
  upgradeAgent,
  workersOf,
} from '../test/support/lb/churn/churn.ts';
import { createChurnWorld } from '../test/support/lb/churn/churn-world.ts';
import { changeContainers } from '../test/support/lb/churn/containers.ts';
import { startLoad } from '../test/support/lb/load.ts';
import { formatLoad } from '../test/support/lb/tally.ts';
import { copyAsVersion } from '../test/support/other-version.ts';
import { createResources } from '../test/support/resources.ts';
import { printRow } from './support/report.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '13' },
    rate: { type: 'string', default: '500' },
    containers: { type: 'string', default: '1000' },
    weights: { type: 'string', default: '50' },
    rules: { type: 'string', default: '10' },
    certificates: { type: 'string', default: '5' },
    rolls: { type: 'string', default: '100' },
  },
});
const count = (name: keyof typeof values): number => Number(values[name]);

await using resources = createResources();
const interrupt = () => resources.close().finally(() => process.exit(1));
process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
const world = await createChurnWorld(resources, await copyAsVersion(resources, '0.0.9'));
const load = await startLoad(resources, world.client.host, {
  targets: world.targets,
  ...{ perSecond: count('rate'), webSockets: 20, uploads: 2, uploadSeconds: 5 },
});
printRow(['what happened meanwhile', 'seconds', 'requests', 'failed', 'HAProxy']);
printRow(['---', '---', '---', '---', '---']);

/** One part; `mayReload`: whether another configuration is needed for it. */
async function part(title: string, { mayReload }: { readonly mayReload: boolean }, work: () => Promise<unknown>) {
  const [beganAt, before, workers] = [performance.now(), load.current(), String(await workersOf(world))];
  await work();
  const [after, isSame] = [load.current(), String(await workersOf(world)) === workers];
  const seconds = ((performance.now() - beganAt) / 1_000).toFixed(0);
  const counts = [after.requests - before.requests, after.failed - before.failed].map(String);
  printRow([title, seconds, ...counts, isSame ? 'not reloaded' : 'reloaded']);
  if (!isSame && !mayReload) process.exitCode = 1;
}

const endpoints = count('containers') / 2;
const change = (half: number) => changeContainers(world, load, { seed: count('seed') + half, count: endpoints });
await part(`${endpoints} starts and stops, ${count('weights')} weights`, { mayReload: false }, () =>
  Promise.all([change(0), changeWeights(world, count('weights'))]),
);
await part(`${count('certificates')} renewed certificates`, { mayReload: false }, () =>
  renewCertificates(world, load, count('certificates')),
);
await part(`${count('rules')} usual rules`, { mayReload: false }, () => changeRules(world, count('rules'), 'usual'));
await part('the agent is killed', { mayReload: false }, () => killAgent(world, load));
await part(`${endpoints} starts and stops`, { mayReload: false }, () => change(1));
await part('the agent is upgraded', { mayReload: false }, () => upgradeAgent(world));
await part(`${count('rules')} other rules, ${count('rolls')} rolls`, { mayReload: true }, () =>
  Promise.all([changeRules(world, count('rules'), 'other'), roll(world, count('rolls'))]),
);
const result = await load.stop();
console.log(`\n${formatLoad(result)}`);
for (const { atMs, client, kind, detail } of result.failures)
  console.log(`  ${new Date(atMs).toISOString()} ${client}: ${kind}: ${detail}`);
if (result.failed > 0) process.exitCode = 1;
