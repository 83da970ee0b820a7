/**
 * `npm run bench -- docker-names [--worlds 60] [--seed 1000]`: random Compose-like worlds on a real engine (networks, aliases, host
 * names, links, renames, attaching and detaching). Compares every name with what Docker's own resolver answers inside each
 * container. Exits with 1 if there is a difference that the documentation does not name.
 */
import { parseArgs } from 'node:util';
import { runWorlds } from '../test/support/docker-names/run-worlds.ts';
import { createResources } from '../test/support/resources.ts';
import { createWorld, type Member } from '../test/support/world.ts';

const { values } = parseArgs({
  options: { worlds: { type: 'string', default: '60' }, seed: { type: 'string', default: '1000' } },
});
const first = Number(values.seed);
const seeds = Array.from({ length: Number(values.worlds) }, (_, at) => first + at);
await using resources = createResources();
const { members } = await createWorld(resources, { names: ['alpha'], bus: 'embedded' });
const started = performance.now();
let names = 0;
let answered = 0;
let differences = 0;
for await (const [seed, comparison] of runWorlds(members[0] as Member, seeds)) {
  names += comparison.names;
  answered += comparison.answered;
  differences += comparison.differences.length;
  for (const difference of comparison.differences) console.log(`seed ${seed}: ${difference}`);
}
const seconds = ((performance.now() - started) / 1000).toFixed(0);
console.log(
  `${seeds.length} worlds in ${seconds} s: ${names} questions, ${answered} answered by Docker, ${differences} differences`,
);
process.exitCode = differences === 0 ? 0 : 1;
