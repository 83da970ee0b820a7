import { afterAll, beforeAll, expect, test } from 'vitest';
import { composeUp, inside, lookUp } from '../../support/containers.ts';
import { removeContainers } from '../../support/engine.ts';
import { poll } from '../../support/poll.ts';
import { createResources } from '../../support/resources.ts';
import { createWorld, type Member } from '../../support/world.ts';

const resources = createResources();
let alpha: Member;

beforeAll(async () => {
  // 13 addresses for containers.
  const config = () => ({ network: { prefixLength: 28 } });
  const { members } = await createWorld(resources, { names: ['alpha'], bus: 'embedded', config });
  alpha = members[0] as Member;
});
afterAll(() => resources.close());

const always = { create: { HostConfig: { RestartPolicy: { Name: 'always' } } } };
const container = (nameOrId: string) => alpha.engine.docker.getContainer(nameOrId);
const state = async (nameOrId: string) => (await container(nameOrId).inspect()).State;
const isRunning = async (nameOrId: string) => (await state(nameOrId)).Running;
const status = async () => (await alpha.agent.drover(['status'])).stdout;

/** As after a boot at which Docker was up before the agent; Docker itself gives such a container up for good. */
test('Q22: a container that got no address while the agent was not running is started once the agent is back; others are left alone', async () => {
  const ids = [await composeUp(alpha, 'shop', 'web', 1, always), await composeUp(alpha, 'shop', 'once', 1)];
  const stopped = await composeUp(alpha, 'shop', 'stopped', 1, always);
  for (const id of [...ids, stopped]) await container(id).stop({ t: 0 });

  await alpha.agent.stop('SIGKILL');
  const starts = await Promise.allSettled(ids.map((id) => container(id).start()));
  expect(starts.map(({ status }) => status)).toEqual(['rejected', 'rejected']);

  await alpha.agent.start();
  await poll(() => isRunning(ids[0] as string), { what: 'shop-web-1 started', timeoutMs: 20_000 });
  expect(await isRunning(ids[1] as string)).toBe(false);
  expect(await isRunning(stopped)).toBe(false);
  await poll(async () => /container shop-once-1: .* has no restart policy/.test(await status()), {
    what: 'its problem',
  });
  await container(ids[1] as string).start();
  await poll(async () => !(await status()).includes('shop-once-1'), {
    what: 'the problem gone after its hint was followed',
    timeoutMs: 15_000,
  });
  await composeUp(alpha, 'shop', 'app', 1);
  await poll(async () => /Address: 10\.42\./.test(await lookUp(alpha, 'shop-app-1', 'web')), {
    what: 'its name answered',
  });
  expect(await inside(alpha, 'shop-web-1', 'hostname')).toBe('web-1\n');
  await removeContainers(alpha.engine);
});

test('containers that crash again and again do not use up the addresses of a small subnet; status warns', async () => {
  await composeUp(alpha, 'shop', 'web', 1, always);
  const crashing = { ...always, command: ['sh', '-c', 'sleep 0.1; exit 1'] };
  for (const number of [1, 2, 3]) await composeUp(alpha, 'shop', 'crash', number, crashing);
  const restarts = async (number: number) => (await container(`shop-crash-${number}`).inspect()).RestartCount;
  await poll(async () => (await restarts(1)) + (await restarts(2)) + (await restarts(3)) >= 12, {
    what: 'some restarts',
    timeoutMs: 30_000,
  });
  await container('shop-web-1').restart({ t: 0 });
  expect(await isRunning('shop-web-1')).toBe(true);
  await poll(async () => (await status()).includes('almost exhausted'), { what: 'the warning' });
  for (const number of [1, 2, 3]) expect((await state(`shop-crash-${number}`)).Error).toBe('');
  await removeContainers(alpha.engine);
});

test('a container that found the pool exhausted is named, and started when an address is free', async () => {
  for (let number = 1; number <= 13; number += 1) await composeUp(alpha, 'shop', 'web', number, always);
  await expect(composeUp(alpha, 'shop', 'late', 1, always)).rejects.toThrow('exhausted: all addresses are in use');
  await poll(async () => /container shop-late-1: is not running: .* no address was free/.test(await status()), {
    what: 'the name of the container in status',
    timeoutMs: 15_000,
  });
  await container('shop-web-4').remove({ force: true });
  await poll(() => isRunning('shop-late-1'), { what: 'shop-late-1 started', timeoutMs: 15_000 });
  await poll(async () => !(await status()).includes('shop-late-1'), { what: 'no problem left', timeoutMs: 15_000 });
});
