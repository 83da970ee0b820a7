import type Docker from 'dockerode';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { recover } from '../../../replacement/recover.ts';
import { recreate } from '../../../replacement/recreate.ts';
import { inside } from '../../support/containers.ts';
import { type Engine, removeContainers, startEngine } from '../../support/engine.ts';
import { createFaultyDocker, type DockerChange, type Fault } from '../../support/faulty-docker.ts';
import { createFixedNetworks, lastingParts, listAll, runFullContainer } from '../../support/recreation.ts';
import { createResources } from '../../support/resources.ts';
import { createTestHost, type TestHost } from '../../support/test-host.ts';
import { testLog } from '../../support/test-log.ts';

/** Replacements that fail or end at each step. Each test starts with the container `web`, which has volumes and fixed addresses. */
const resources = createResources();
const log = testLog('recreate');
const { signal } = new AbortController();
let host: TestHost;
let engine: Engine;
let web: Docker.Container;

beforeAll(async () => {
  host = await createTestHost(resources, 'recreate-faults');
  engine = await startEngine(resources, host);
  await engine.buildBusybox();
  await createFixedNetworks(engine);
});
afterEach(() => removeContainers(engine));
afterAll(() => resources.close());

async function startWeb(): Promise<object> {
  web = await runFullContainer(engine, host, 'web');
  await inside({ engine }, 'web', 'echo kept > /anonymous/file');
  return lastingParts(web);
}

const container = (name: string) => engine.docker.getContainer(name);
const recoverAll = () => recover({ docker: engine.docker, log });

/** Recreates `web` through a client that has faults. */
function recreateWith(fault: (change: DockerChange) => Fault | Promise<Fault>, until = signal) {
  const { docker, changes } = createFaultyDocker(engine.socketPath, fault);
  return { changes, result: recreate({ docker, log }, web.id, until) };
}

/** Exactly one container, equal to the one at the beginning, with the data. */
async function expectWhole(before: object, others: readonly string[] = []): Promise<void> {
  expect(await listAll(engine)).toEqual([...others, 'web running'].toSorted());
  expect(await lastingParts(container('web'))).toEqual(before);
  expect(await inside({ engine }, 'web', 'cat /anonymous/file')).toBe('kept\n');
}

const isOld = async () => (await container('web').inspect()).Id === web.id;
const STEPS = ['create', 'connect', 'rename', 'rename', 'stop', 'start', 'remove'].map(
  (step, index) => [step, index + 1] as const,
);

test.each(STEPS)(
  'a %s that fails (request %i) leaves one whole container under its own name',
  async (_step, number) => {
    const before = await startWeb();
    const { result } = recreateWith((change) => (change.number === number ? 'refuse' : 'pass'));
    expect((await result).ok).toBe(number === 7);
    expect(await isOld()).toBe(number < 7);
    await expectWhole(before);
  },
);

test.each(STEPS.filter(([step]) => ['create', 'start', 'remove'].includes(step)))(
  'a %s whose answer is lost (request %i) leaves one whole container under its own name',
  async (_step, number) => {
    const before = await startWeb();
    const { result } = recreateWith((change) => (change.number === number ? 'lose' : 'pass'));
    expect((await result).ok).toBe(number > 5);
    expect(await isOld()).toBe(number < 6);
    await expectWhole(before);
  },
);

test.each(STEPS)(
  'after a crash before %s (request %i), recover() leaves one whole container',
  async (_step, number) => {
    const before = await startWeb();
    await recreateWith((change) => (change.number === number ? 'crash' : 'pass')).result.catch(() => null);
    expect(await recoverAll()).toEqual([]);
    // Once the old container may be stopping, only the new one is sure to stay.
    expect(await isOld()).toBe(number < 5);
    await expectWhole(before);
    expect(await recoverAll()).toEqual([]);
  },
);

test('when Docker is killed before the new container is started, recover() starts the new one', async () => {
  const before = await startWeb();
  const { result } = recreateWith(async ({ number }) => {
    if (number !== 6) return 'pass' as const;
    await engine.stop('SIGKILL');
    return 'crash' as const;
  });
  expect((await result).ok).toBe(false);
  await engine.start();
  expect(await recoverAll()).toEqual([]);
  expect(await isOld()).toBe(false);
  await expectWhole(before);
});

test('while Docker still stops the old container after a crash, recover() waits and starts the new one', async () => {
  web = await engine.run('web', { Cmd: ['sh', '-c', "trap '' TERM; while :; do sleep 0.1; done"], StopTimeout: 3 });
  const { result } = recreateWith(async ({ number }) => {
    if (number !== 5) return 'pass' as const;
    web.stop({ t: 3 }).catch(() => {});
    return 'crash' as const;
  });
  await result.catch(() => null);
  expect(await recoverAll()).toEqual([]);
  expect(await listAll(engine)).toEqual(['web running']);
});

test('another container that takes the address or the name keeps it; one container runs when it is free', async () => {
  const rival = { HostConfig: { NetworkMode: 'front' }, StopSignal: 'SIGKILL' };
  const address = { EndpointsConfig: { front: { IPAMConfig: { IPv4Address: '10.81.0.9' } } } };
  for (const [name, options, at] of [
    ['rival', { ...rival, NetworkingConfig: address }, 6],
    ['web', rival, 4],
  ] as const) {
    const before = await startWeb();
    let id = '';
    const { result } = recreateWith(async ({ number }) => {
      if (number === at) id = (await engine.run(name, options)).id;
      return 'pass' as const;
    });
    const outcome = await result;
    expect(outcome.ok ? '' : outcome.problem.what).toMatch(/is not restored yet: .*(already in use)/);
    expect(await recoverAll()).toHaveLength(1);
    expect((await container(id).inspect()).State.Running).toBe(true);
    // Its name is taken before Docker is asked to stop it.
    expect((await web.inspect()).State.Running).toBe(name === 'web');
    await container(id).remove({ force: true });
    expect(await recoverAll()).toEqual([]);
    expect(await isOld()).toBe(name === 'web');
    await expectWhole(before);
    await removeContainers(engine);
  }
});

test('when a user removes the old container meanwhile, the new one is removed as well', async () => {
  await startWeb();
  const { result } = recreateWith(async ({ number }) => {
    if (number === 3) await web.remove({ force: true });
    return 'pass' as const;
  });
  expect(await result).toMatchObject({ ok: false });
  expect(await listAll(engine)).toEqual([]);
});

test('an abort before the old container is stopped leaves no trace; after that, the replacement is completed', async () => {
  const before = await startWeb();
  for (const [at, isStopped] of [
    [1, false],
    [3, true],
  ] as const) {
    const abort = new AbortController();
    const { result } = recreateWith(({ number }) => {
      if (number === at) abort.abort(new Error('the agent ends'));
      return 'pass';
    }, abort.signal);
    if (isStopped) expect(await result).toMatchObject({ ok: true });
    else await expect(result).rejects.toThrow('the agent ends');
    expect(await isOld()).toBe(!isStopped);
    await expectWhole(before);
  }
});

test('containers of users with similar names are left alone', async () => {
  await startWeb();
  for (const name of [
    'web.drover-replaced-by-me',
    'web.drover-replaces-0123456789abc',
    'a.drover-replaced-by-ABCDEF012345',
  ])
    await engine.run(name, { StopSignal: 'SIGKILL' });
  const before = await listAll(engine);
  expect(await recoverAll()).toEqual([]);
  expect(await listAll(engine)).toEqual(before);
});
