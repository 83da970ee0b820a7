import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addressesOf, type SourceUnderTest, startDockerSource } from '../../support/docker-source.ts';
import { type Engine, startEngine } from '../../support/engine.ts';
import { poll } from '../../support/poll.ts';
import { createResources } from '../../support/resources.ts';
import { createTestHost } from '../../support/test-host.ts';
import { startUnixProxy } from '../../support/unix-proxy.ts';

const resources = createResources();
let engine: Engine;
let under: SourceUnderTest;
let dir: string;

beforeAll(async () => {
  const host = await createTestHost(resources, 'nets');
  dir = host.dir;
  engine = await startEngine(resources, host);
  await engine.buildBusybox();
  await engine.docker.createNetwork({ Name: 'app', IPAM: { Config: [{ Subnet: '10.91.0.0/24' }] } });
  await engine.docker.createNetwork({ Name: 'closed', Internal: true, IPAM: { Config: [{ Subnet: '10.92.0.0/24' }] } });
  await engine.docker.createNetwork({ Name: 'drover', IPAM: { Config: [{ Subnet: '10.93.0.0/24' }] } });
  under = startDockerSource(resources, engine.socketPath, { resyncIntervalMs: 3_600_000 });
  await under.nextSync();
  await engine.run('target', { HostConfig: { NetworkMode: 'app' } });
});
afterAll(() => resources.close());

test.each([
  ['bridge', 'bridge', /^172\.17\.0\.\d+$/],
  ['app', 'bridge', /^10\.91\.0\.\d+$/],
  ['closed', 'bridge', /^10\.92\.0\.\d+$/],
  ['drover', 'bridge', /^10\.93\.0\.\d+$/],
  ['host', 'host', null],
  ['none', 'none', null],
  ['container:target', 'container', null],
] as const)('network mode %s gives a fact of mode %s with the address %s', async (mode, networkMode, address) => {
  const name = `mode-${mode.replace(':', '-')}`;
  const { id } = await engine.run(name, { HostConfig: { NetworkMode: mode } });
  const container = await under.until(name, 'running', ({ state }) => state === 'running');
  expect(container.networkMode).toBe(networkMode);
  expect(container.networkFrom).toBe(mode === 'container:target' ? under.container('target').id : null);
  if (address) expect(addressesOf(container)).toEqual([expect.stringMatching(address)]);
  else expect(container.addresses).toEqual([]);
  expect(under.source.resolvConfPath(id)).toContain('/resolv.conf');
});

test('a container on several networks: sorted by name; the label selects the preferred one', async () => {
  const { docker } = engine;
  const container = await docker.createContainer({
    name: 'many',
    Image: 'drover-busybox:latest',
    Labels: { 'drover.network': 'closed' },
    HostConfig: { NetworkMode: 'drover' },
  });
  for (const name of ['closed', 'app']) await docker.getNetwork(name).connect({ Container: container.id });
  await container.start();
  const many = await under.until(
    'many',
    'running on three',
    ({ state, addresses }) => state === 'running' && addresses.length === 3,
  );
  expect(many.addresses.map(({ networkName }) => networkName)).toEqual(['app', 'closed', 'drover']);
  expect(many.preferredNetwork).toBe('closed');
});

test('links, ports of two protocols, DNS settings and limits are in the fact', async () => {
  await engine.run('linked', {
    ExposedPorts: { '53/udp': {}, '80/tcp': {}, '81/tcp': {} },
    HostConfig: {
      NetworkMode: 'app',
      PortBindings: { '53/udp': [{ HostIp: '127.0.0.1', HostPort: '5300' }], '80/tcp': [{ HostPort: '0' }] },
      Dns: ['169.254.169.250', '192.0.2.53'],
      DnsSearch: ['corp.example'],
      MemoryReservation: 64 << 20,
    },
    NetworkingConfig: { EndpointsConfig: { app: { Links: ['target:tgt'] } } },
  });
  const container = await under.until('linked', 'running', ({ state }) => state === 'running');
  expect(container).toMatchObject({
    links: { tgt: under.container('target').id },
    dns: ['192.0.2.53'],
    dnsSearch: ['corp.example'],
    memoryReservation: 64 << 20,
  });
  expect(container.ports).toContainEqual({
    hostAddress: '127.0.0.1',
    hostPort: 5300,
    containerPort: 53,
    protocol: 'udp',
  });
  expect(container.ports.filter(({ containerPort }) => containerPort === 80).length).toBeGreaterThan(0);
});

test('identify() finds a container whose events were lost, with one lookup for many callers', async () => {
  const proxy = await startUnixProxy(resources, join(dir, 'proxy.sock'), engine.socketPath);
  proxy.faults.dropEvents = 1;
  const { docker } = engine;
  const network = await docker.createNetwork({ Name: 'late', IPAM: { Config: [{ Subnet: '10.94.0.0/24' }] } });
  const deaf = startDockerSource(resources, proxy.socketPath, { resyncIntervalMs: 3_600_000 });
  await deaf.nextSync();
  const container = await docker.createContainer({
    name: 'later',
    Image: 'drover-busybox:latest',
    Labels: { 'drover.stack': 'shop', 'drover.service': 'web' },
    HostConfig: { NetworkMode: 'late' },
  });
  const started = container.start();
  // Asked again and again while it is being started, as its first instruction would.
  await poll(() => deaf.source.identify('10.94.0.2'), { what: '10.94.0.2 to be somebody', intervalMs: 1 });
  expect(deaf.container('later')).toMatchObject({ stack: 'shop', service: 'web' });
  expect(addressesOf(deaf.container('later'))).toEqual(['10.94.0.2']);
  await started;
  expect(await deaf.source.identify('10.94.0.77')).toBe(false);
  expect(await deaf.source.identify('192.0.2.9')).toBe(false);
  const many = await Promise.all(Array.from({ length: 500 }, () => deaf.source.identify('10.94.0.78')));
  expect(many.every((found) => !found)).toBe(true);
  proxy.faults.dropEvents = 0;
  await container.remove({ force: true });
  await deaf.untilGone('later');
  expect(await deaf.source.identify('10.94.0.2')).toBe(false);
  await network.remove();
  await deaf.stop();
});

test('a fact follows its event within a few milliseconds', async () => {
  const { events, close } = await listen(engine);
  const lags: Record<'running' | 'stopped', Lag[]> = { running: [], stopped: [] };
  const toldAt = (name: string, state: string): number =>
    under.heard.find(({ value }) => {
      const told = value as { name?: string; state?: string } | null;
      return told?.name === name && told.state === state;
    })?.at ?? Number.NaN;
  const lag = async (name: string, state: 'running' | 'stopped', action: string): Promise<void> => {
    await under.until(name, state, (container) => container.state === state);
    const event = await poll(() => events.get(`${action} ${name}`), { what: `${action} event of ${name}` });
    lags[state].push({ sinceEvent: toldAt(name, state) - event.at, sinceHeard: toldAt(name, state) - event.heardAt });
  };
  for (let round = 0; round < 12; round += 1) {
    const container = await engine.run(`quick${round}`, { HostConfig: { NetworkMode: 'app' } });
    await lag(`quick${round}`, 'running', 'start');
    await container.kill();
    await lag(`quick${round}`, 'stopped', 'die');
    await container.remove();
  }
  close();
  const begun = median(lags.running.map(({ sinceEvent }) => sinceEvent));
  const ended = median(lags.stopped.map(({ sinceEvent }) => sinceEvent));
  console.log(`start event -> fact: p50 ${begun.toFixed(1)} ms; die event -> fact: p50 ${ended.toFixed(1)} ms`);
  // Judged against a plain listener of the same events, so that a busy machine counts for both.
  expect(median(lags.running.map(({ sinceHeard }) => sinceHeard))).toBeLessThan(30);
  expect(median(lags.stopped.map(({ sinceHeard }) => sinceHeard))).toBeLessThan(10);
});

interface Lag {
  readonly sinceEvent: number;
  readonly sinceHeard: number;
}

/** `action name` -> when Docker says it happened and when a plain listener heard of it, as `performance.now()` counts. */
async function listen({ docker }: Engine) {
  const events = new Map<string, { readonly at: number; readonly heardAt: number }>();
  const stream = (await docker.getEvents({ filters: { event: ['start', 'die'] } })) as unknown as Readable;
  stream.on('data', (bytes: Buffer) => {
    for (const line of bytes.toString('utf8').trim().split('\n')) {
      const { Action, Actor, timeNano } = JSON.parse(line);
      const at = timeNano / 1e6 - performance.timeOrigin;
      events.set(`${Action} ${Actor.Attributes.name}`, { at, heardAt: performance.now() });
    }
  });
  return { events, close: () => void stream.destroy() };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
