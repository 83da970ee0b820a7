/**
 * `npm run bench -- first-instruction [COUNT]`: containers (default 1000) whose first instruction resolves a name and
 * reads its own identity, on three kinds of networks and with reused addresses. Prints how many failed, and how.
 */
import { composeUp } from '../test/support/containers.ts';
import { runFirstInstructions } from '../test/support/first-instruction.ts';
import { createResources } from '../test/support/resources.ts';
import { createWorld, type Member } from '../test/support/world.ts';

const count = Number(process.argv[2] ?? 1000);
await using resources = createResources();
const { members } = await createWorld(resources, { names: ['alpha'], bus: 'embedded' });
const alpha = members[0] as Member;
await alpha.engine.docker.createNetwork({ Name: 'front' });
await composeUp(alpha, 'shop', 'web', 1);
// An answer is an address on a network that the client shares.
for (const name of ['front', 'bridge']) await alpha.engine.docker.getNetwork(name).connect({ Container: 'shop-web-1' });
const started = performance.now();
const failures = await runFirstInstructions(alpha, 'web.shop', count);
const seconds = (performance.now() - started) / 1000;
console.log(`${count} containers in ${seconds.toFixed(0)} s: ${failures.length} failed or saw another's identity`);
for (const { container, output } of failures.slice(0, 5)) console.log(`--- ${container}\n${output}`);
process.exitCode = failures.length === 0 ? 0 : 1;
