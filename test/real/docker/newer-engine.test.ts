import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Container } from '../../../model/index.ts';
import { createResolvConf, nameserversIn, restoreResolvConfs } from '../../../resolv-conf/index.ts';
import { systemClock } from '../../../system/index.ts';
import { applyOnce } from '../../support/apply-once.ts';
import { firstResolvConf, PRINT_RESOLV_CONF } from '../../support/containers.ts';
import { type SourceUnderTest, startDockerSource } from '../../support/docker-source.ts';
import { untilEqual } from '../../support/docker-truth.ts';
import { type Engine, startEngine } from '../../support/engine.ts';
import { poll } from '../../support/poll.ts';
import { createResources } from '../../support/resources.ts';
import { createTestHost } from '../../support/test-host.ts';
import { testLog } from '../../support/test-log.ts';

/**
 * A newer Docker Engine (scripts/fetch-docker): it joins networks later in a start, tells of the disconnect before the
 * die, and writes resolv.conf earlier than 20.10.
 */
const suite = process.env.DROVER_DOCKER_SUITE ?? 'trixie';
const RESOLVER = '169.254.169.250';
const resources = createResources();
let engine: Engine;
let under: SourceUnderTest;

beforeAll(async () => {
  const host = await createTestHost(resources, 'newer');
  engine = await startEngine(resources, host, { program: resolve(`.tools/docker-${suite}/start`), dns: [RESOLVER] });
  await engine.buildBusybox();
  await engine.docker.createNetwork({ Name: 'app' });
  under = startDockerSource(resources, engine.socketPath);
  await under.nextSync();
});
afterAll(() => resources.close());

function statesOf(id: string): readonly string[] {
  const states = under.heard.flatMap(({ key, value }) => {
    if (key !== `container/${id}`) return [];
    const container = value as Container | null;
    return [container ? `${container.state} ${container.addresses.map(({ ipv4 }) => ipv4).join()}`.trim() : 'gone'];
  });
  return states.filter((state, index) => state !== states[index - 1] && state !== 'created');
}

test('the API version is newer than that of 20.10', () => {
  const { apiVersion, connected, problem, badInputs } = under.source.status();
  expect({ connected, problem, badInputs }).toEqual({ connected: true, problem: null, badInputs: [] });
  expect(Number(apiVersion?.split('.')[1])).toBeGreaterThanOrEqual(45);
  expect(under.networks().find(({ name }) => name === 'app')).toMatchObject({
    kind: 'bridge',
    subnets: ['172.18.0.0/16'],
  });
});

test('start, stop with grace period, restart, remove: a container owns its address from before its start until its end', async () => {
  const container = await engine.run('web1', {
    Cmd: ['sh', '-c', "trap '' TERM; while :; do sleep 0.2; done"],
    HostConfig: { NetworkMode: 'app', PortBindings: { '80/tcp': [{ HostPort: '8080' }] } },
    ExposedPorts: { '80/tcp': {} },
  });
  const running = await under.until('web1', 'running', ({ state }) => state === 'running');
  expect(running).toMatchObject({ startCount: 1, wasReady: true, networkMode: 'bridge' });
  expect(running.ports).toContainEqual({ hostAddress: '0.0.0.0', hostPort: 8080, containerPort: 80, protocol: 'tcp' });
  await container.restart({ t: 1 });
  await under.until('web1', 'second start', ({ state, startCount }) => state === 'running' && startCount === 2);
  await container.remove({ force: true });
  await under.untilGone('web1');
  const story = statesOf(container.id).filter((state) => state !== 'running' && state !== 'stopping');
  expect(story).toEqual([
    'starting 172.18.0.2',
    'running 172.18.0.2',
    'stopping 172.18.0.2',
    'stopped',
    'starting 172.18.0.2',
    'running 172.18.0.2',
    'stopping 172.18.0.2',
    'stopped',
    'gone',
  ]);
});

test('a container that lives 50 ms, one that cannot start and one that leaves its network leave no stale fact', async () => {
  const brief = await engine.run('brief', { Cmd: ['sleep', '0.05'], HostConfig: { AutoRemove: true } });
  await poll(() => statesOf(brief.id).at(-1) === 'gone', { what: 'brief to be gone' });
  expect(statesOf(brief.id)[0]).toMatch(/^starting 172\.17\./);
  await expect(engine.run('broken', { Cmd: ['/nonexistent'] })).rejects.toThrow();
  await under.until('broken', 'not starting', ({ state }) => state === 'created' || state === 'stopped');
  const leaver = await engine.run('leaver', { HostConfig: { NetworkMode: 'app' } });
  await under.until('leaver', 'running', ({ state }) => state === 'running');
  await engine.docker.getNetwork('app').disconnect({ Container: leaver.id });
  await under.until('leaver', 'no address', ({ state, addresses }) => state === 'running' && addresses.length === 0);
  await Promise.all(['broken', 'leaver'].map((name) => engine.docker.getContainer(name).remove({ force: true })));
  for (const name of ['broken', 'leaver']) await under.untilGone(name);
});

test('health, pause, rename', async () => {
  const second = 1_000_000_000;
  // It starts until the file is there, however long that takes: failures in the start period do not count.
  const Healthcheck = {
    ...{ Test: ['CMD', 'test', '-e', '/tmp/ok'], Interval: second, Timeout: 10 * second, Retries: 1 },
    StartPeriod: 600 * second,
  };
  const container = await engine.run('checked', { Healthcheck });
  await under.until('checked', 'initializing', ({ health }) => health === 'initializing');
  await engine.exec('checked', ['touch', '/tmp/ok']);
  await under.until('checked', 'healthy', ({ health, wasReady }) => health === 'healthy' && wasReady);
  await container.pause();
  await under.until('checked', 'paused', ({ state }) => state === 'paused');
  await container.unpause();
  await container.rename({ name: 'renamed' });
  await under.until('renamed', 'running', ({ state }) => state === 'running');
  await container.remove({ force: true });
});

test("Q14: with Drover as the daemon's `dns`, the first instruction uses Drover on every kind of network", async () => {
  const root = ((await engine.docker.info()) as { DockerRootDir: string }).DockerRootDir;
  const { applier } = createResolvConf(
    { clock: systemClock, log: testLog('newer'), pathOf: under.source.resolvConfPath, dataRoot: async () => root },
    { resolver: RESOLVER },
  );
  let passes: Promise<unknown> = Promise.resolve();
  const end = under.facts.onChange(() => {
    passes = passes.then(() => {
      const search = ['rancher.internal'];
      return applyOnce(
        applier,
        under
          .containers()
          .map((container) => ({ container, search, position: 'first' as const, reach: 'yes' as const })),
      );
    });
  });
  for (const NetworkMode of ['bridge', 'host', 'app']) {
    const create = { Cmd: PRINT_RESOLV_CONF, Tty: true, HostConfig: { NetworkMode } };
    const container = await engine.run(`first-${NetworkMode}`, create);
    const text = await firstResolvConf(container);
    const servers = nameserversIn(text).join();
    const throughDocker = servers === '127.0.0.11' && text.includes(`ExtServers: [${RESOLVER}]`);
    expect({
      NetworkMode,
      asksUs: servers === RESOLVER || (NetworkMode === 'app' && throughDocker),
      text,
    }).toMatchObject({
      asksUs: true,
    });
    if (NetworkMode === 'app') await restoresDockersResolver(`first-${NetworkMode}`, root);
    await container.remove({ force: true });
  }
  end();
});

/** What remains after `drover down` finds neighbours by name, and has the upstreams that Docker found. */
async function restoresDockersResolver(name: string, root: string): Promise<void> {
  const id = under.container(name).id;
  const read = async () => (await engine.exec(name, ['cat', '/etc/resolv.conf'])).output;
  await poll(async () => (await read()).includes('Drover'), { what: 'our text' });
  expect(await restoreResolvConfs([under.source.resolvConfPath(id) ?? ''], root)).toEqual([]);
  const text = await read();
  expect(nameserversIn(text)).toEqual(['127.0.0.11']);
  expect(text).toContain(`ExtServers: [${RESOLVER}]`);
}

test('the engine is killed and started again: facts stay, then equal its list', async () => {
  await engine.run('survivor', { StopTimeout: 1, HostConfig: { RestartPolicy: { Name: 'always' } } });
  await under.until('survivor', 'running', ({ state }) => state === 'running');
  await engine.stop('SIGKILL');
  await poll(() => !under.source.status().connected, { what: 'the loss to be noticed' });
  expect(under.container('survivor').state).toBe('running');
  await engine.start();
  await poll(() => under.source.status().connected, { what: 'the connection' });
  await untilEqual(engine, under);
});
