import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { RollEvent } from '../../../agent/index.ts';
import { composeUp } from '../../support/containers.ts';
import { removeContainers } from '../../support/engine.ts';
import { poll } from '../../support/poll.ts';
import { listAll } from '../../support/recreation.ts';
import { createResources } from '../../support/resources.ts';
import { commitImage } from '../../support/rolled-images.ts';
import { createWorld, type Member } from '../../support/world.ts';

/** `drover roll` with a real agent; the faults of single steps are in test/real/replacement/roll.test.ts. */
const resources = createResources();
let alpha: Member;

beforeAll(async () => {
  const world = await createWorld(resources, { names: ['alpha'], bus: 'embedded' });
  alpha = world.members[0] as Member;
  for (const tag of ['1', '2']) await commitImage(alpha.engine, ['app', tag], [`ENV VERSION=${tag}`]);
});
afterEach(() => removeContainers(alpha.engine));
afterAll(() => resources.close());

const CHECKED = { 'drover.health.exec': 'test -e /healthy', 'drover.health.interval': '300' };
const READY = 'touch /healthy; sleep 1000000';

/** A container of the image `app:1` that exits at once when it is stopped. */
const start = (number: number, command = READY, create = {}, labels = {}) =>
  composeUp(alpha, 'shop', 'web', number, {
    command: ['sh', '-c', command],
    labels: { ...CHECKED, ...labels },
    create: { Image: 'app:1', StopSignal: 'SIGKILL', ...create },
  });

const states = async () => {
  const { stdout } = await alpha.agent.drover(['health', 'shop/web', '--json']);
  const rows = JSON.parse(stdout) as readonly {
    readonly container: string;
    readonly state: string;
    readonly health: string;
  }[];
  return rows.map(({ container, state, health }) => `${container} ${state} ${health}`).toSorted();
};
const untilHealthy = (...names: readonly string[]) =>
  poll(async () => (await states()).join() === names.map((name) => `${name} running healthy`).join(), {
    what: 'healthy',
    timeoutMs: 20_000,
  });
const versions = async () => {
  const all = await alpha.engine.docker.listContainers();
  return all.map(({ Names, Image }) => `${Names.join().slice(1)} ${Image}`).toSorted();
};
const roll = (...args: readonly string[]) => alpha.agent.drover(['roll', 'shop/web', ...args]);

test('the containers get the new image one by one; a second roll has nothing to do', async () => {
  await start(1);
  await start(2);
  await untilHealthy('shop-web-1', 'shop-web-2');

  const dry = await roll('--image', 'app:2', '--dry-run');
  expect(dry.stdout).toMatch(
    /^shop-web-1: replace by a container of app:2 \([0-9a-f]{12}\)\n {2}create the new container/,
  );
  expect(await versions()).toEqual(['shop-web-1 app:1', 'shop-web-2 app:1']);

  const done = await roll('--image', 'app:2', '--drain-timeout', '3');
  expect(done).toMatchObject({ exitCode: 0, stderr: '' });
  const lines = done.stdout.split('\n');
  expect(lines.at(-1)).toBe('Done: 2 replaced.');
  const at = (text: string) => lines.findIndex((line) => line.startsWith(text));
  expect(at('shop-web-1: remove the old container')).toBeLessThan(at('shop-web-2: create the new container'));
  expect(await versions()).toEqual(['shop-web-1 app:2', 'shop-web-2 app:2']);

  const again = await roll('--image', 'app:2');
  expect(again.stdout).toContain(
    'shop-web-2: not replaced: it has this image already\nDone: 0 replaced, 2 not replaced.',
  );
  expect((await listAll(alpha.engine)).toSorted()).toEqual(['shop-web-1 running', 'shop-web-2 running']);
});

test('the old container is reported as stopping before it gets a signal, and no longer if it continues', async () => {
  const id = await start(1);
  await untilHealthy('shop-web-1');
  const result = roll('--image', 'app:2', '--drain-timeout', '5');
  await poll(
    async () =>
      (await states()).some((line) => line.startsWith('shop-web-1.drover-replaced-by-') && line.includes('stopping')),
    {
      what: 'that the old container is reported as stopping',
      timeoutMs: 20_000,
    },
  );
  expect((await alpha.engine.docker.getContainer(id).inspect()).State.Running).toBe(true);
  expect((await result).exitCode).toBe(0);
  expect(await states()).toEqual(['shop-web-1 running healthy']);
});

test('a new container that does not become healthy, or that ends, is removed, and the next one is not tried', async () => {
  // The file system of a new container does not have the file.
  for (const number of [1, 2]) {
    const id = await start(number, 'sleep 1000000');
    await alpha.engine.exec(id, ['touch', '/healthy']);
  }
  await untilHealthy('shop-web-1', 'shop-web-2');
  const failed = await roll('--image', 'app:2', '--ready-timeout', '2');
  expect(failed.exitCode).toBe(1);
  expect(failed.stderr).toContain('runs as before: the new container was not ready after 2000 ms: initializing');
  expect(failed.stdout).toMatch(/Ended early: 0 replaced, 1 failed\.$/);
  expect(await versions()).toEqual(['shop-web-1 app:1', 'shop-web-2 app:1']);

  await removeContainers(alpha.engine);
  const id = await start(1, '[ $VERSION = 1 ] || exit 3; touch /healthy; sleep 1000000');
  await untilHealthy('shop-web-1');
  const ended = await roll('--image', 'app:2', '--json');
  const events = ended.stdout.split('\n').map((line) => JSON.parse(line) as RollEvent);
  expect(events.find(({ kind }) => kind === 'failed')).toMatchObject({
    problem: { subject: 'container shop-web-1', what: expect.stringContaining('ended with exit status 3') },
  });
  expect((await alpha.engine.docker.getContainer('shop-web-1').inspect()).Id).toBe(id);
});

test('what cannot be rolled is refused with the reason before anything is changed', async () => {
  await start(1, READY, { HostConfig: { PortBindings: { '80/tcp': [{ HostPort: '18080' }] } } });
  await start(2);
  await untilHealthy('shop-web-1', 'shop-web-2');
  const before = await versions();
  const refused = await roll('--image', 'app:2');
  expect(refused).toMatchObject({ exitCode: 1, stdout: '' });
  expect(refused.stderr).toContain(
    'container shop-web-1: cannot run beside a new one: it publishes port 18080 of the host',
  );
  expect(refused.stderr).toContain('--stop-first');
  expect((await roll('--image', 'app:3')).stderr).toContain('image app:3: is not on this host');
  expect((await alpha.agent.drover(['roll', 'shop/wep'])).stderr).toContain('did you mean shop/web?');
  expect((await alpha.agent.drover(['roll', 'shop'])).exitCode).toBe(64);
  expect(await versions()).toEqual(before);

  const stopped = await roll('--image', 'app:2', '--stop-first', '--drain-timeout', '0');
  expect(stopped).toMatchObject({ exitCode: 0, stderr: '' });
  expect(await versions()).toEqual(['shop-web-1 app:2', 'shop-web-2 app:2']);
});

test('Q2 an agent that is killed while the old container drains completes the roll of that container after its start', async () => {
  await start(1);
  await untilHealthy('shop-web-1');
  const result = roll('--image', 'app:2', '--drain-timeout', '600');
  const isNamed = (lines: readonly string[]) =>
    ['shop-web-1.drover-replaced-by-', 'shop-web-1 '].every((start) => lines.some((line) => line.startsWith(start)));
  await poll(async () => isNamed(await states()), {
    what: 'that the new container has the name',
    timeoutMs: 20_000,
  });
  await alpha.agent.stop('SIGKILL');
  expect((await result).exitCode).toBe(2);
  expect(await listAll(alpha.engine)).toHaveLength(2);
  await alpha.agent.start();
  await poll(async () => (await listAll(alpha.engine)).join() === 'shop-web-1 running', {
    what: 'one container',
    timeoutMs: 30_000,
  });
  expect(await versions()).toEqual(['shop-web-1 app:2']);
});

test('a command that ends before the new container is ready undoes it', async () => {
  const id = await start(1, 'sleep 1000000');
  await alpha.engine.exec(id, ['touch', '/healthy']);
  await untilHealthy('shop-web-1');
  const { host, agent } = alpha;
  const command = host.start('bin/drover', ['roll', 'shop/web', '--image', 'app:2', '--config', agent.configPath]);
  await poll(async () => (await listAll(alpha.engine)).length === 2, { what: 'the new container' });
  await command.stop();
  await poll(async () => (await listAll(alpha.engine)).join() === 'shop-web-1 running', { what: 'one container' });
  expect((await alpha.engine.docker.getContainer('shop-web-1').inspect()).Id).toBe(id);
});
