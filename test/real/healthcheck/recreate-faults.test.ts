import type Docker from 'dockerode';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeRecreation, recover, recreate } from '../../../healthcheck/recreate/recreate.ts';
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
}, 60_000);
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
const STEPS = ['create', 'connect', 'stop', 'rename', 'rename', 'start', 'remove'].map(
  (step, index) => [step, index + 1] as const,
);

test('the dry run names the steps', async () => {
  await startWeb();
  const short = web.id.slice(0, 12);
  expect(await describeRecreation({ docker: engine.docker }, web.id)).toEqual({
    ok: true,
    value: [
      `create the new container as web.drover-replaces-${short}`,
      'connect the new container to network back',
      'stop the old container',
      'rename the old container to web.drover-replaced-by-(new id)',
      'rename the new container to web',
      'start the new container',
      'remove the old container',
    ],
  });
});

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
    await expectWhole(before);
    expect(await recoverAll()).toEqual([]);
  },
);

test('when Docker is killed before the new container is started, recover() restores the old one', async () => {
  const before = await startWeb();
  const { result } = recreateWith(async ({ number }) => {
    if (number !== 6) return 'pass' as const;
    await engine.stop('SIGKILL');
    return 'crash' as const;
  });
  expect((await result).ok).toBe(false);
  await engine.start();
  expect(await recoverAll()).toEqual([]);
  expect(await isOld()).toBe(true);
  await expectWhole(before);
}, 60_000);

test('another container that takes the address or the name keeps it; the old one runs again when it is free', async () => {
  const rival = { HostConfig: { NetworkMode: 'front' }, StopSignal: 'SIGKILL' };
  const address = { EndpointsConfig: { front: { IPAMConfig: { IPv4Address: '10.81.0.9' } } } };
  for (const [name, options, at] of [
    ['rival', { ...rival, NetworkingConfig: address }, 4],
    ['web', rival, 5],
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
    expect((await web.inspect()).State.Running).toBe(false);
    await container(id).remove({ force: true });
    expect(await recoverAll()).toEqual([]);
    expect(await isOld()).toBe(true);
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
