import { afterAll, beforeAll, expect, test } from 'vitest';
import { composeUp } from '../support/containers.ts';
import { runFirstInstructions } from '../support/first-instruction.ts';
import { createResources } from '../support/resources.ts';
import { createWorld, type Member } from '../support/world.ts';

const resources = createResources();
let alpha: Member;

beforeAll(async () => {
  const { members } = await createWorld(resources, { names: ['alpha'], bus: 'embedded' });
  alpha = members[0] as Member;
  await alpha.engine.docker.createNetwork({ Name: 'front' });
  await composeUp(alpha, 'shop', 'web', 1);
  // An answer is an address on a network that the client shares.
  for (const name of ['front', 'bridge'])
    await alpha.engine.docker.getNetwork(name).connect({ Container: 'shop-web-1' });
});
afterAll(() => resources.close());

/** The long form, with a thousand, is `npm run bench -- first-instruction`. */
test('Q14: the first instruction of each of 60 containers resolves a name and reads its own identity', async () => {
  expect(await runFirstInstructions(alpha, 'web.shop', 60)).toEqual([]);
});
