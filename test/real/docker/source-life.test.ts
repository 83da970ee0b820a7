import { afterAll, beforeAll, expect, test } from 'vitest';
import { addressesOf, type SourceUnderTest, startDockerSource } from '../../support/docker-source.ts';
import { type Engine, startEngine } from '../../support/engine.ts';
import { poll } from '../../support/poll.ts';
import { createResources } from '../../support/resources.ts';
import { createTestHost } from '../../support/test-host.ts';

const resources = createResources();
let engine: Engine;
let under: SourceUnderTest;

beforeAll(async () => {
  const host = await createTestHost(resources, 'life');
  engine = await startEngine(resources, host);
  await engine.buildBusybox();
  await engine.docker.createNetwork({ Name: 'app' });
  await engine.run('before');
  under = startDockerSource(resources, engine.socketPath);
  await under.nextSync();
});
afterAll(() => resources.close());

/** States and addresses of one container in the order of their facts, without repetitions. */
function story(name: string, from = 0): readonly string[] {
  const lines = under.heard.slice(from).flatMap(({ key, value }) => {
    const container = value as { name?: string; state?: string; addresses?: { ipv4: string }[] } | null;
    const id = idOf(name, from);
    if (key !== `container/${id}`) return [];
    return container ? [`${container.state} ${container.addresses?.map(({ ipv4 }) => ipv4).join()}`.trim()] : ['gone'];
  });
  return lines.filter((line, index) => line !== lines[index - 1]);
}

/** When a container was last heard of in this state. */
function heardAt(name: string, state: string): number {
  const isIt = (value: unknown): boolean => {
    const container = value as { name?: string; state?: string } | null;
    return container?.name === name && container.state === state;
  };
  return under.heard.findLast(({ value }) => isIt(value))?.at ?? Number.NaN;
}

function idOf(name: string, from: number): string {
  const entry = under.heard.slice(from).find(({ value }) => (value as { name?: string } | null)?.name === name);
  return (entry?.value as { id: string } | undefined)?.id ?? '';
}

test('containers that ran before and the networks are reported as one change', () => {
  expect(under.container('before')).toMatchObject({ state: 'running', addresses: [{ ipv4: '172.17.0.2' }] });
  expect(under.heard.length).toBeGreaterThan(4);
  const objects = under.heard.filter(({ key }) => key !== 'host');
  expect(new Set(objects.map(({ at }) => Math.round(at))).size).toBeLessThanOrEqual(2);
  expect(under.facts.facts().get('host')).toMatchObject({ hostname: expect.any(String), milliCpu: expect.any(Number) });
  expect(
    under
      .networks()
      .map(({ name, kind }) => `${name} ${kind}`)
      .toSorted(),
  ).toEqual(['app bridge', 'bridge bridge', 'host host', 'none none']);
  expect(under.source.status()).toMatchObject({ connected: true, problem: null, apiVersion: '1.41', badInputs: [] });
});

test('a container owns its address from before it runs until its process ends', async () => {
  const from = under.heard.length;
  const container = await engine.run('web1', {
    HostConfig: { NetworkMode: 'app', PortBindings: { '80/tcp': [{ HostPort: '8080' }] } },
    ExposedPorts: { '80/tcp': {} },
    Labels: { 'drover.stack': 'shop', 'drover.service': 'web' },
  });
  await under.until('web1', 'running', ({ state }) => state === 'running');
  expect(under.container('web1')).toMatchObject({
    stack: 'shop',
    service: 'web',
    startCount: 1,
    wasReady: true,
    ports: [
      { hostAddress: '0.0.0.0', hostPort: 8080 },
      { hostAddress: '::', hostPort: 8080 },
    ],
  });
  expect(under.source.resolvConfPath(container.id)).toMatch(new RegExp(`containers/${container.id}/resolv.conf$`));
  await container.restart({ t: 1 });
  await under.until('web1', 'second start', ({ state, startCount }) => state === 'running' && startCount === 2);
  await container.remove({ force: true });
  await under.untilGone('web1');
  const address = '172.18.0.2';
  expect(story('web1', from).filter((line) => line !== 'created')).toEqual([
    `starting ${address}`,
    `running ${address}`,
    `stopping ${address}`,
    'stopped',
    `starting ${address}`,
    `running ${address}`,
    `stopping ${address}`,
    'stopped',
    'gone',
  ]);
});

test('Q5: `docker stop` with a grace period of 3 s: stopping at once; the address is owned until the end', async () => {
  const container = await engine.run('slow', { Cmd: ['sh', '-c', "trap '' TERM; while :; do sleep 1; done"] });
  await under.until('slow', 'running', ({ state }) => state === 'running');
  const stopped = container.stop({ t: 3 });
  const stopping = await under.until('slow', 'stopping', ({ state }) => state === 'stopping');
  expect(addressesOf(stopping)).toHaveLength(1);
  await stopped;
  const ended = await under.until('slow', 'stopped', ({ state }) => state === 'stopped');
  expect(heardAt('slow', 'stopped') - heardAt('slow', 'stopping')).toBeGreaterThan(2500);
  expect(ended).toMatchObject({ addresses: [], ports: [], wasReady: true });
  await container.remove();
});

test('a custom stop signal counts as stopping, HUP does not; pausing and renaming are reported', async () => {
  const trapping = { Cmd: ['sh', '-c', "trap '' HUP TERM QUIT; while :; do sleep 1; done"], StopSignal: 'SIGQUIT' };
  const container = await engine.run('signals', trapping);
  await under.until('signals', 'running', ({ state }) => state === 'running');
  const from = under.heard.length;
  await container.kill({ signal: 'HUP' });
  await container.kill({ signal: 'TERM' });
  await container.pause();
  await under.until('signals', 'paused', ({ state }) => state === 'paused');
  await container.unpause();
  await container.rename({ name: 'renamed' });
  await under.until('renamed', 'running', ({ state }) => state === 'running');
  expect(story('renamed', from)).not.toContain(expect.stringContaining('stopping'));
  await container.kill({ signal: 'QUIT' });
  await under.until('renamed', 'stopping', ({ state }) => state === 'stopping');
  await container.remove({ force: true });
  await under.untilGone('renamed');
});

test('a container that survives its stop signal runs again after its stop timeout, at each signal (Q5)', async () => {
  const Cmd = ['sh', '-c', 'trap "echo reloaded" HUP; while :; do sleep 1; done'];
  const container = await engine.run('reloads', { Cmd, StopSignal: 'SIGHUP', StopTimeout: 0 } as object);
  await under.until('reloads', 'running', ({ state }) => state === 'running');
  for (const signal of ['HUP', 'SIGHUP']) {
    await container.kill({ signal });
    await under.until('reloads', 'stopping', ({ state }) => state === 'stopping');
    await under.until('reloads', 'running again', ({ state }) => state === 'running');
    expect(heardAt('reloads', 'running') - heardAt('reloads', 'stopping')).toBeGreaterThan(3_000);
  }
  await container.remove({ force: true });
});

test('HEALTHCHECK: initializing, healthy, unhealthy; a restart starts over', async () => {
  const second = 1_000_000_000;
  // It starts until the file is there, however long that takes: failures in the start period do not count.
  const Healthcheck = {
    ...{ Test: ['CMD', 'test', '-e', '/tmp/ok'], Interval: second, Timeout: 10 * second, Retries: 1 },
    StartPeriod: 600 * second,
  };
  const container = await engine.run('checked', { Healthcheck });
  await under.until('checked', 'initializing', ({ health }) => health === 'initializing');
  expect(under.container('checked').wasReady).toBe(false);
  await engine.exec('checked', ['touch', '/tmp/ok']);
  await under.until('checked', 'healthy', ({ health, wasReady }) => health === 'healthy' && wasReady);
  await engine.exec('checked', ['rm', '/tmp/ok']);
  await under.until('checked', 'unhealthy', ({ health, wasReady }) => health === 'unhealthy' && wasReady);
  await container.restart({ t: 0 });
  const again = ({ startCount, health, wasReady }: ReturnType<SourceUnderTest['container']>) =>
    startCount === 2 && health === 'initializing' && !wasReady;
  await under.until('checked', 'initializing after a restart', again);
  const states = under.heard.flatMap(({ value }) => {
    const told = value as { name?: string; state?: string; health?: string | null } | null;
    return told?.name === 'checked' ? [`${told.state} ${told.health}`] : [];
  });
  // Never running without a verdict: it would get traffic before its first check.
  expect(states).not.toContain('running null');
  await container.remove({ force: true });
});

test('Q1: a container that lives 50 ms leaves no stale fact', async () => {
  const from = under.heard.length;
  for (let round = 0; round < 5; round += 1) {
    await engine.run(`brief${round}`, { Cmd: ['sleep', '0.05'], HostConfig: { AutoRemove: true } });
  }
  const live = await engine.run('after');
  await under.until('after', 'running', ({ state }) => state === 'running');
  for (let round = 0; round < 5; round += 1) await under.untilGone(`brief${round}`);
  for (let round = 0; round < 5; round += 1) {
    const told = story(`brief${round}`, from);
    expect(told.at(-1)).toBe('gone');
    expect(told).toContainEqual(expect.stringMatching(/^starting 172\.17\.0\.\d+$/));
  }
  await live.remove({ force: true });
});

test('a container that cannot start releases its address', async () => {
  await expect(engine.run('broken', { Cmd: ['/nonexistent'] })).rejects.toThrow();
  const container = await under.until(
    'broken',
    'not starting',
    ({ state }) => state === 'created' || state === 'stopped',
  );
  expect(container.addresses).toEqual([]);
  await engine.docker.getContainer('broken').remove();
  await under.untilGone('broken');
});

test('networks are created and removed, and running containers join and leave them', async () => {
  const network = await engine.docker.createNetwork({
    Name: 'extra',
    Internal: true,
    Labels: { 'drover.managed': '1' },
  });
  await poll(() => under.networks().some(({ name }) => name === 'extra'), { what: 'the network extra' });
  const container = await engine.run('joiner');
  await network.connect({ Container: container.id });
  await under.until('joiner', 'two addresses', ({ addresses }) => addresses.length === 2);
  const { addresses } = under.container('joiner');
  expect(addresses.map(({ networkName }) => networkName)).toEqual(['bridge', 'extra']);
  expect(under.networks().find(({ name }) => name === 'extra')).toMatchObject({ kind: 'managed', internal: true });
  await network.disconnect({ Container: container.id });
  await under.until('joiner', 'one address', ({ addresses: left }) => left.length === 1);
  await container.remove({ force: true });
  await network.remove();
  await poll(() => under.networks().every(({ name }) => name !== 'extra'), { what: 'the network extra to go' });
});

test('each invalid label is one problem, which ends with the container', async () => {
  const container = await engine.run('labelled', {
    Labels: {
      'io.rancher.stack_service.name': 'nonsense',
      'com.docker.compose.project': 'p',
      'com.docker.compose.service': 's',
      'drover.weight': 'much',
      'drover.port.http': '99999',
    },
  });
  await under.until('labelled', 'taken from Compose', ({ stack, service }) => stack === 'p' && service === 's');
  // What is known before the start has the labels; they are judged with the inspect that follows.
  const { badInputs } = await poll(() => under.source.status().badInputs.length > 0 && under.source.status(), {
    what: 'the bad label in the status',
  });
  expect(badInputs.map(({ subject }) => subject)).toEqual(
    Array(3).fill(`container ${container.id.slice(0, 12)} labelled`),
  );
  expect(badInputs.map(({ what }) => /drover\.\w+(\.\w+)?/.exec(what)?.[0])).toEqual([
    undefined,
    'drover.weight',
    'drover.port.http',
  ]);
  await container.remove({ force: true });
  await under.untilGone('labelled');
  await poll(() => under.source.status().badInputs.length === 0, { what: 'the problem gone with its container' });
});
