import type Docker from 'dockerode';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { findImage } from '../../../replacement/index.ts';
import { recover } from '../../../replacement/recover.ts';
import { planRoll, type RollDependencies, type RollSettings, roll } from '../../../replacement/roll.ts';
import { compose, composeStack } from '../../support/compose.ts';
import { inside } from '../../support/containers.ts';
import { type Engine, removeContainers, startEngine } from '../../support/engine.ts';
import { createFaultyDocker, type DockerChange, type Fault } from '../../support/faulty-docker.ts';
import { listAll } from '../../support/recreation.ts';
import { createResources } from '../../support/resources.ts';
import { commitImage } from '../../support/rolled-images.ts';
import { createTestHost, type TestHost } from '../../support/test-host.ts';
import { testLog } from '../../support/test-log.ts';

/** Containers that are replaced with the new one first, or with the old one stopped first. */
const resources = createResources();
const log = testLog('roll');
const { signal } = new AbortController();
let host: TestHost;
let engine: Engine;
let first: string;
let second: string;

beforeAll(async () => {
  host = await createTestHost(resources, 'roll');
  engine = await startEngine(resources, host);
  await engine.buildBusybox();
  for (const [Name, Subnet] of [
    ['front', '10.81.0.0/24'],
    ['back', '10.82.0.0/24'],
  ] as const)
    await engine.docker.createNetwork({ Name, IPAM: { Driver: 'default', Config: [{ Subnet }] } });
  const common = ['ENTRYPOINT ["sh", "-c"]', 'EXPOSE 8080'];
  first = await commitImage(
    engine,
    ['app', '1'],
    [...common, 'ENV VERSION=1', 'ENV COLOR=red', 'CMD ["sleep 1000000"]'],
  );
  second = await commitImage(
    engine,
    ['app', '2'],
    [
      ...common,
      ...['ENV VERSION=2', 'ENV COLOR=red', 'ENV NEW=yes', 'CMD ["sleep 2000000"]', 'WORKDIR /www', 'LABEL made=twice'],
    ],
  );
});
afterEach(() => removeContainers(engine));
afterAll(() => resources.close());

const container = (name: string) => engine.docker.getContainer(name);

interface Roll {
  readonly image?: string;
  readonly settings?: Partial<RollSettings>;
  readonly deps?: Partial<RollDependencies>;
  readonly until?: AbortSignal;
}

/** The order of what happens, and the outcome. */
async function rollWith(id: string, { image = 'app:2', settings, deps, until = signal }: Roll = {}) {
  const found = await findImage(engine.docker, image);
  if (!found) throw new Error(`no image ${image}`);
  const plan = await planRoll(engine.docker, id, { image: found, stopFirst: false, shareVolumes: false, ...settings });
  const steps: string[] = [];
  const all: RollDependencies = {
    docker: engine.docker,
    log,
    drain: async (drained) => void steps.push(`drain ${drained === id ? 'the old container' : 'the new container'}`),
    whenReady: async () => void steps.push('ready'),
    onStep: (text) => steps.push(text.replace(/ as .*| to .*/, '')),
    ...deps,
  };
  if (!plan.ok) return { steps, plan, result: plan };
  return { steps, plan: plan.value, result: await roll(all, plan.value, until) };
}

const run = async (options: Docker.ContainerCreateOptions = {}): Promise<string> => {
  const made = await engine.run('web', {
    Image: 'app:1',
    StopSignal: 'SIGKILL',
    HostConfig: { NetworkMode: 'front' },
    ...options,
  });
  return made.id;
};

const NAMES = ['rename the old container', 'rename the new container'];

test('the new container has the settings of the user, and those of the new image in place of those of the old one', async () => {
  const id = await run({ Env: ['COLOR=blue', 'OWN=1'], Labels: { own: 'label' }, Hostname: 'shop', StopTimeout: 3 });
  await engine.docker.getNetwork('back').connect({ Container: id, EndpointConfig: { Aliases: ['storage'] } });
  const { steps, result } = await rollWith(id);
  expect(result.ok ? '' : result.problem.what).toBe('');
  expect(steps).toEqual([
    ...['create the new container', 'connect the new container', 'start the new container'],
    ...['wait until the new container is ready', 'ready', ...NAMES],
    ...['drain the old container', 'stop the old container', 'remove the old container'],
  ]);
  const { Id, Image, Config, NetworkSettings } = await container('web').inspect();
  expect({ isNew: Id !== id, Image }).toEqual({ isNew: true, Image: second });
  expect(Config.Env.filter((line) => !line.startsWith('PATH=')).toSorted()).toEqual([
    ...['COLOR=blue', 'NEW=yes', 'OWN=1', 'VERSION=2'],
  ]);
  expect(Config).toMatchObject({
    ...{ Image: 'app:2', Cmd: ['sleep 2000000'], Entrypoint: ['sh', '-c'], WorkingDir: '/www', Hostname: 'shop' },
    ...{ Labels: { own: 'label', made: 'twice' }, StopTimeout: 3, ExposedPorts: { '8080/tcp': {} } },
  });
  expect(NetworkSettings.Networks.back?.Aliases).toContain('storage');
  expect(await listAll(engine)).toEqual(['web running']);
});

const SHOP = (image: string) => `
name: shop
services:
  web:
    image: ${image}
    init: true
    scale: 2
    environment: { COLOR: blue }
    networks: { front: { aliases: [site] } }
networks:
  front: { external: true }
`;

test('docker compose sees its own containers afterwards: up creates none again, and ps lists them', async () => {
  await engine.docker.getImage('app:1').tag({ repo: 'app', tag: 'stable' });
  const file = await composeStack({ engine, host }, 'shop', SHOP('app:stable'));
  await engine.docker.getImage('app:2').tag({ repo: 'app', tag: 'stable' });
  const names = ['shop-web-1', 'shop-web-2'];
  const ids = () => Promise.all(names.map(async (name) => (await container(name).inspect()).Id));
  for (const id of await ids()) expect((await rollWith(id, { image: 'app:stable' })).result.ok).toBe(true);
  const after = await ids();
  await compose({ engine }, file, 'up', '--detach');
  expect(await ids()).toEqual(after);
  for (const name of names) expect((await container(name).inspect()).Image).toBe(second);
  const listed = await compose({ engine }, file, 'ps', '--format', '{{.Name}} {{.Service}} {{.Image}} {{.State}}');
  expect(listed.split('\n').toSorted()).toEqual(names.map((name) => `${name} web app:stable running`));
});

const neverReady = async () => {
  throw new Error('the new container was not ready');
};

test('a new container that is not ready is removed, and the old one was never stopped', async () => {
  const id = await run();
  const before = (await container(id).inspect()).State.StartedAt;
  const { steps, result } = await rollWith(id, { deps: { whenReady: neverReady } });
  expect(result).toMatchObject({
    ok: false,
    problem: { what: expect.stringContaining('runs as before: the new container was not') },
  });
  expect(steps).toContain('drain the new container');
  expect((await container('web').inspect()).State.StartedAt).toBe(before);
  expect(await listAll(engine)).toEqual(['web running']);
});

test('with --stop-first the old container is stopped before the new one is started, and starts again if that fails', async () => {
  const ports = { PortBindings: { '8080/tcp': [{ HostPort: '18080' }] }, NetworkMode: 'front' };
  const id = await run({ HostConfig: ports });
  const failed = await rollWith(id, { settings: { stopFirst: true }, deps: { whenReady: neverReady } });
  expect(failed.result.ok).toBe(false);
  expect((await container('web').inspect()).Id).toBe(id);
  expect(await listAll(engine)).toEqual(['web running']);

  const { steps, result } = await rollWith(id, { settings: { stopFirst: true } });
  expect(result.ok ? '' : result.problem.what).toBe('');
  expect(steps).toEqual([
    ...['create the new container', ...NAMES, 'drain the old container', 'stop the old container'],
    ...['start the new container', 'wait until the new container is ready', 'ready', 'remove the old container'],
  ]);
  expect((await container('web').inspect()).Image).toBe(second);
});

test('the plan has the steps that are taken', async () => {
  const id = await run();
  for (const stopFirst of [true, false]) {
    const { steps, plan } = await rollWith((await container('web').inspect()).Id, {
      settings: { stopFirst },
      image: stopFirst ? 'app:2' : 'app:1',
    });
    const planned = 'steps' in plan ? plan.steps.map((text) => text.replace(/ as .*| to .*/, '')) : [];
    const drain = 'wait until the old container has no sessions';
    const taken = steps.filter((text) => text !== 'ready').map((text) => (text.startsWith('drain') ? drain : text));
    expect(planned).toEqual(taken);
  }
  expect((await container('web').inspect()).Id).not.toBe(id);
});

test('a container whose data another one would share is rolled only if the user says so', async () => {
  const id = await run({ HostConfig: { Binds: ['data:/data'] } });
  const refused = await rollWith(id);
  expect(refused.result).toMatchObject({ ok: false, problem: { what: expect.stringContaining('at /data') } });
  expect({ steps: refused.steps, isSame: await isOld(id) }).toEqual({ steps: [], isSame: true });
  expect((await rollWith(id, { settings: { shareVolumes: true } })).result.ok).toBe(true);
});

const REQUESTS = ['create', 'connect', 'start', 'rename', 'rename', 'stop', 'remove'].map(
  (step, index) => [step, index + 1] as const,
);

async function rollFaulty(
  fault: (change: DockerChange) => Fault,
): Promise<{ readonly id: string; readonly ok: boolean }> {
  const id = await run();
  await engine.docker.getNetwork('back').connect({ Container: id });
  const { docker } = createFaultyDocker(engine.socketPath, fault);
  const { result } = await rollWith(id, { deps: { docker } }).catch(() => ({ result: { ok: false } }));
  return { id, ok: result.ok };
}

const isOld = async (id: string) => (await container('web').inspect()).Id === id;

test.each(REQUESTS)(
  'a %s that fails (request %i) leaves one whole container under its own name',
  async (_step, number) => {
    const { id, ok } = await rollFaulty((change) => (change.number === number ? 'refuse' : 'pass'));
    // Once the new container has the name, it is completed.
    expect(ok).toBe(number > 5);
    expect(await isOld(id)).toBe(number <= 5);
    expect(await listAll(engine)).toEqual(['web running']);
  },
);

test.each(REQUESTS)(
  'after a crash before %s (request %i), recover() leaves one whole container',
  async (_step, number) => {
    const { id } = await rollFaulty((change) => (change.number === number ? 'crash' : 'pass'));
    const drained: string[] = [];
    const drain = async (one: string) => void drained.push(one);
    expect(await recover({ docker: engine.docker, log, drain })).toEqual([]);
    expect(await isOld(id)).toBe(number <= 5);
    expect(drained.includes(id)).toBe(number === 6);
    const { NetworkSettings } = await container('web').inspect();
    expect(Object.keys(NetworkSettings.Networks).sort()).toEqual(['back', 'front']);
    expect(await listAll(engine)).toEqual(['web running']);
  },
);

test('a new container that ends while the old one drains is removed, and the old one continues', async () => {
  const id = await run();
  const drain = async (drained: string) => {
    if (drained === id) await container('web').kill();
  };
  const { result } = await rollWith(id, { deps: { drain } });
  expect(result).toMatchObject({
    ok: false,
    problem: { what: expect.stringContaining('the new container has ended') },
  });
  expect(await isOld(id)).toBe(true);
  expect(await listAll(engine)).toEqual(['web running']);
});

test('an abort before the new container is ready leaves no trace', async () => {
  const id = await run();
  const abort = new AbortController();
  const whenReady = async () => {
    abort.abort(new Error('interrupted'));
    abort.signal.throwIfAborted();
  };
  const { result } = await rollWith(id, { deps: { whenReady }, until: abort.signal });
  expect(result).toMatchObject({ ok: false });
  expect(await isOld(id)).toBe(true);
  expect(await listAll(engine)).toEqual(['web running']);
  expect(await inside({ engine }, 'web', 'echo $VERSION')).toBe('1\n');
  expect(first).not.toBe(second);
});
