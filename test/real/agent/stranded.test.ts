import { afterAll, expect, test } from 'vitest';
import { composeUp, inside, lookUp } from '../../support/containers.ts';
import { poll } from '../../support/poll.ts';
import { createResources } from '../../support/resources.ts';
import { createWorld, type Member } from '../../support/world.ts';

const resources = createResources();
afterAll(() => resources.close());

/** As after a boot at which Docker was up before the agent; Docker itself gives such a container up for good. */
test('Q22: a container that got no address while the agent was not running is started once the agent is back; others are left alone', async () => {
  const { members } = await createWorld(resources, { names: ['alpha'], bus: 'embedded' });
  const alpha = members[0] as Member;
  const always = { create: { HostConfig: { RestartPolicy: { Name: 'always' } } } };
  const ids = [await composeUp(alpha, 'shop', 'web', 1, always), await composeUp(alpha, 'shop', 'once', 1)];
  const stopped = await composeUp(alpha, 'shop', 'stopped', 1, always);
  const container = (id: string) => alpha.engine.docker.getContainer(id);
  const state = async (id: string) => (await container(id).inspect()).State;
  for (const id of [...ids, stopped]) await container(id).stop({ t: 0 });

  await alpha.agent.stop('SIGKILL');
  const starts = await Promise.allSettled(ids.map((id) => container(id).start()));
  expect(starts.map(({ status }) => status)).toEqual(['rejected', 'rejected']);

  await alpha.agent.start();
  await poll(async () => (await state(ids[0] as string)).Running, { what: 'shop-web-1 started', timeoutMs: 20_000 });
  expect((await state(ids[1] as string)).Running).toBe(false);
  expect((await state(stopped)).Running).toBe(false);
  await composeUp(alpha, 'shop', 'app', 1);
  await poll(async () => /Address: 10\.42\./.test(await lookUp(alpha, 'shop-app-1', 'web')), {
    what: 'its name answered',
  });
  expect(await inside(alpha, 'shop-web-1', 'hostname')).toBe('web-1\n');
}, 120_000);
