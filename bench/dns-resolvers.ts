/**
 * `npm run bench -- dns-resolvers [--lookups N]`: lookups with musl, glibc, c-ares and Node in real containers, with six
 * search domains and ndots:5: first without changes, then N lookups (default 100000) while another host changes 30 containers
 * per second on the bus and containers start and stop on this host. Exits with 1 if a lookup fails or takes over a second.
 */
import { parseArgs } from 'node:util';
import { type Walk, walkAll } from '../test/support/resolver-clients/walk.ts';
import { CLIENTS, createResolverWorld } from '../test/support/resolver-clients/world.ts';
import { createResources } from '../test/support/resources.ts';

const { values } = parseArgs({ options: { lookups: { type: 'string', default: '100000' } } });
const each = Math.ceil(Number(values.lookups) / CLIENTS.length);
/** Lookups without changes, before the given number with changes. */
const IDLE_SHARE = 0.1;

const resources = createResources();
const stop = () => resources.close().finally(() => process.exit(1));
process.once('SIGINT', stop).once('SIGTERM', stop);
try {
  const world = await createResolverWorld(resources);
  const idle = await walkAll(world, Math.ceil(each * IDLE_SHARE));
  const churn = world.churn();
  const changing = await walkAll(world, each);
  const seconds = churn.seconds();
  const { onTheBus, containers } = churn.counts();
  await churn.stop();
  console.log(
    `${each * CLIENTS.length} lookups in ${seconds.toFixed(0)} s, meanwhile ${onTheBus} changes of another host ` +
      `(${(onTheBus / seconds).toFixed(0)} per second), and ${containers} containers that started and stopped\n`,
  );
  print(idle, changing);
  if (changing.some(({ failed, stalled }) => failed + stalled > 0)) process.exitCode = 1;
} finally {
  await resources.close();
}

function print(idle: readonly Walk[], changing: readonly Walk[]): void {
  console.log('| client | lookups | failed | over 1 s | p50 | p99 | slowest | p50, nothing changing | p99 | slowest |');
  console.log('|---|---|---|---|---|---|---|---|---|---|');
  for (const [at, walk] of changing.entries()) {
    const counts = [walk.client, walk.lookups, walk.failed, walk.stalled];
    console.log(`| ${[...counts, ...latencies(walk), ...latencies(idle[at])].join(' | ')} |`);
    for (const failure of walk.failures) console.log(`  ${failure}`);
  }
}

function latencies(walk: Walk | undefined): readonly string[] {
  return [walk?.p50Ms, walk?.p99Ms, walk?.maxMs].map((ms) => `${(ms ?? Number.NaN).toFixed(1)} ms`);
}
