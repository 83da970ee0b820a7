/**
 * The cost of one changed container on the bus: bytes that each agent reads, writes, time until the change is visible. Uses three
 * real Consul servers with the keys of the given numbers of hosts, each with 20 containers (no Docker).
 *   node bench/bus.ts [hosts ...]        default: 50 200 1000
 */

import { startConsulCluster } from '../test/support/consul.ts';
import { measureCrowd } from '../test/support/consul-crowd.ts';
import { createResources } from '../test/support/resources.ts';

const sizes = process.argv.slice(2).map(Number);
const kB = (bytes: number) => `${(bytes / 1024).toFixed(1)} kB`;
const at = (values: readonly number[], share: number) =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;

const resources = createResources();
const stop = () => resources.close().finally(() => process.exit(1));
process.once('SIGINT', stop).once('SIGTERM', stop);
try {
  const cluster = await startConsulCluster(resources);
  const consul = (await cluster.leader()).url;
  console.log(
    '| hosts | read per change, median | max | writes per change | visible after, p50 | p99 | open queries | first complete read | one sweep | idle |',
  );
  console.log('|---|---|---|---|---|---|---|---|---|---|');
  for (const hosts of sizes.length > 0 ? sizes : [50, 200, 1000]) {
    const cost = await measureCrowd(resources, { consul, namespace: `bench-${hosts}`, hosts, changes: 100 });
    const { readBytes, writes, latencyMs } = cost;
    const cells = [
      hosts,
      kB(at(readBytes, 0.5)),
      kB(Math.max(...readBytes)),
      Math.max(...writes),
      `${at(latencyMs, 0.5).toFixed(0)} ms`,
      `${at(latencyMs, 0.99).toFixed(0)} ms`,
      cost.openQueries,
      `${kB(cost.joinBytes)} in ${(cost.joinMs / 1000).toFixed(1)} s`,
      kB(cost.sweepBytes),
      `${cost.idleBytesPerSecond.toFixed(0)} B/s`,
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
} finally {
  await resources.close();
}
