/**
 * `npm run bench -- propagation [ROUNDS]`: two hosts (namespaces, Docker Engines), one Consul cluster. Milliseconds from
 * Docker's time stamp of a start or die event on one host to the changed answer inside a container of the other.
 */
import { composeUp, pidOf } from '../test/support/containers.ts';
import { watchName } from '../test/support/name-watch.ts';
import { percentile } from '../test/support/percentile.ts';
import { measurePropagation } from '../test/support/propagation.ts';
import { createResources } from '../test/support/resources.ts';
import { createWorld, type Member, RESOLVER } from '../test/support/world.ts';

const rounds = Number(process.argv[2] ?? 100);
await using resources = createResources();
const { members } = await createWorld(resources, { names: ['alpha', 'beta'], bus: 'consul' });
const [alpha, beta] = members as [Member, Member];
await composeUp(alpha, 'shop', 'web', 1);
await composeUp(beta, 'shop', 'client', 1);
const watch = watchName(resources, await pidOf(beta, 'shop-client-1'), {
  server: RESOLVER,
  name: 'web.shop',
  intervalMs: 1,
});
await watch.until('the first answer', ({ addresses }) => addresses.length > 0);
const { startToAnswered, dieToGone } = await measurePropagation(alpha, watch, rounds);
console.log(`| milliseconds, ${rounds} rounds | p50 | p90 | p99 | max |`);
console.log('|---|---|---|---|---|');
for (const [title, samples] of [
  ['start on one host to answered on the other', startToAnswered],
  ['die event on one host to gone on the other', dieToGone],
] as const) {
  const row = [0.5, 0.9, 0.99, 1].map((share) => percentile(samples, share).toFixed(0));
  console.log(`| ${title} | ${row.join(' | ')} |`);
}
