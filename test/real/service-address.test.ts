import { fileURLToPath } from 'node:url';
import type Docker from 'dockerode';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createServiceAddress, type ServiceAddress } from '../../overlay/index.ts';
import { createReconciler } from '../../reconcile/index.ts';
import { type RunCommand, runCommand, systemClock } from '../../system/index.ts';
import { applyOnce, driftOf } from '../support/apply-once.ts';
import { type Engine, startEngine } from '../support/engine.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';
import { connectHosts, createTestHost, type TestHost } from '../support/test-host.ts';
import { testLog } from '../support/test-log.ts';

const SERVICE = '169.254.169.250';
const PORTS = ['tcp:80', 'tcp:53', 'udp:53'] as const;
const ECHO = fileURLToPath(new URL('../support/source-echo.ts', import.meta.url));
const ASK = fileURLToPath(new URL('../support/source-ask.ts', import.meta.url));

/** What a busy machine may add to the 5 s in which a part is restored. */
const BUSY_MS = 10_000;

const resources = createResources();
const log = testLog('service-address');
let host: TestHost;
let outside: TestHost;
let outsideAddress: string;
let hostAddress: string;
let engine: Engine;
let address: ServiceAddress;
const run: RunCommand = (file, args, options = {}) => host.run(file, args, options as { input?: string });

const ensure = () => applyOnce(address.applier, address.settings);
const drift = ({ applier, settings } = address) => driftOf(applier, settings);

beforeAll(async () => {
  host = await createTestHost(resources, 'sa');
  outside = await createTestHost(resources, 'sa-outside');
  const addresses = await connectHosts(resources, [host, outside]);
  [hostAddress, outsideAddress] = [addresses[0] ?? '', addresses[1] ?? ''];
  // Docker 28 filters in more places: run this with DROVER_TEST_DOCKERD=/path/to/dockerd, too.
  const program = process.env.DROVER_TEST_DOCKERD;
  engine = await startEngine(resources, host, program ? { program } : {});
  await engine.buildBusybox();
  address = createServiceAddress({ run, log });
});
afterAll(() => resources.close());

const publish: Docker.ContainerCreateOptions = {
  StopSignal: 'SIGKILL',
  ExposedPorts: { '80/tcp': {}, '53/tcp': {}, '53/udp': {} },
  HostConfig: {
    PortBindings: Object.fromEntries(
      ['80/tcp', '53/tcp', '53/udp'].map((port) => [port, [{ HostIp: '0.0.0.0', HostPort: port.split('/')[0] ?? '' }]]),
    ),
  },
};

const inspect = (name: string) => engine.docker.getContainer(name).inspect();
const pidOf = async (name: string): Promise<number> => (await inspect(name)).State.Pid;
const addressOf = async (name: string, network: string): Promise<string> =>
  (await inspect(name)).NetworkSettings.Networks[network]?.IPAddress ?? '';

async function serveIn(container: string): Promise<void> {
  const args = ['-t', String(await pidOf(container)), '-n', process.execPath, ECHO, container, '0.0.0.0', ...PORTS];
  const server = host.start('nsenter', args);
  await poll(() => server.stdout().includes('ready'), { what: `echo in ${container}`, giveUp: server.assertRunning });
}

const PATIENCE_MS = '8000';

/** `timeoutMs`: short only where no reply is expected. */
async function ask(pid: number, target: string, timeoutMs = PATIENCE_MS): Promise<string[]> {
  const targets = PORTS.map((port) => port.replace(':', `:${target}:`));
  const out = await runCommand('nsenter', ['-t', String(pid), '-n', process.execPath, ASK, timeoutMs, ...targets]);
  return out.split('\n');
}

const isDocker28 = async (): Promise<boolean> => Number.parseInt((await engine.docker.version()).Version, 10) >= 28;

const seen = (name: string, source: string): string[] => PORTS.map(() => `${name} sees ${source}`);

/** Everything that could be left behind, without counters. */
async function footprint() {
  const moving = /^#.*$|\[\d+:\d+\]|packets \d+ bytes \d+|\w+_timer +[\d.]+/gm;
  const lines = async (file: string, ...args: string[]) => (await host.run(file, args)).replaceAll(moving, '');
  return {
    nft: await lines('nft', 'list', 'ruleset'),
    iptables: await lines('iptables-save'),
    links: await lines('ip', '-details', 'link'),
    routes: await lines('ip', '-4', 'route', 'show', 'table', 'all'),
    namespaces: await lines('ip', 'netns', 'list'),
    forwarding: await lines('sysctl', 'net.ipv4.ip_forward'),
  };
}

test('a pass of the applier leaves no drift, remove() removes everything of ours and nothing else', async () => {
  await engine.run('before', publish);
  await serveIn('before');
  const before = await footprint();
  expect(await ensure()).toBeGreaterThan(0);
  expect(await drift()).toEqual([]);
  expect(await drift(createServiceAddress({ run, log }))).toEqual([]);
  const made = await footprint();
  expect(made.namespaces).toContain('drover');
  await ensure();
  expect(await footprint()).toEqual(made);
  await address.remove();
  await address.remove();
  expect(await footprint()).toEqual(before);
});

describe('with the address up', () => {
  beforeAll(async () => {
    await ensure();
    const { file, args } = address.enterCommand(process.execPath, [ECHO, 'drover', SERVICE, ...PORTS]);
    const server = host.start(file, args);
    await poll(() => server.stdout().includes('ready'), { what: 'echo server', giveUp: server.assertRunning });
  });

  test.each([
    ['default bridge', {}, 'bridge'],
    ['user-defined', { HostConfig: { NetworkMode: 'mine' } }, 'mine'],
    ['internal', { HostConfig: { NetworkMode: 'inside' } }, 'inside'],
  ])('a container on a %s network reaches it and keeps its source address', async (_title, create, network) => {
    if (network !== 'bridge') await engine.docker.createNetwork({ Name: network, Internal: network === 'inside' });
    const name = `asker-${network}`;
    await engine.run(name, { StopSignal: 'SIGKILL', ...create });
    if (network === 'inside' && (await isDocker28())) {
      // Docker gives containers of internal networks no route out of their bridge.
      for (const answer of await ask(await pidOf(name), SERVICE)) expect(answer).toContain('ENETUNREACH');
      return;
    }
    expect(await ask(await pidOf(name), SERVICE)).toEqual(seen('drover', await addressOf(name, network)));
  });

  test('the host and its host-network containers reach the service address from the host address', async () => {
    await engine.run('asker-host', { StopSignal: 'SIGKILL', HostConfig: { NetworkMode: 'host' } });
    expect(await ask(await pidOf('asker-host'), SERVICE)).toEqual(seen('drover', '169.254.169.252'));
  });

  test('published ports 80, 53/tcp and 53/udp stay reachable and see the client’s address, published before and after', async () => {
    expect(await ask(outside.holderPid, hostAddress)).toEqual(seen('before', outsideAddress));
    await engine.docker.getContainer('before').remove({ force: true });
    await engine.run('after', publish);
    await serveIn('after');
    expect(await ask(outside.holderPid, hostAddress)).toEqual(seen('after', outsideAddress));
    const own = await addressOf('after', 'bridge');
    expect(await ask(await pidOf('after'), SERVICE)).toEqual(seen('drover', own));
  });

  test('a neighbouring machine that routes the service address to this host gets no reply', async () => {
    await outside.run('ip', ['route', 'add', SERVICE, 'via', hostAddress]);
    for (const answer of await ask(outside.holderPid, SERVICE, '3000')) expect(answer).toContain('failed: ');
  });

  test('queries from the namespace to other machines have the host address', async () => {
    const server = outside.start(process.execPath, [ECHO, 'upstream', '0.0.0.0', ...PORTS]);
    await poll(() => server.stdout().includes('ready'), { what: 'upstream', giveUp: server.assertRunning });
    const targets = PORTS.map((port) => port.replace(':', `:${outsideAddress}:`));
    const { file, args } = address.enterCommand(process.execPath, [ASK, PATIENCE_MS, ...targets]);
    expect((await host.run(file, args)).split('\n')).toEqual(seen('upstream', hostAddress));
  });

  test('connection tracking has no entries for the service address', async () => {
    expect(await host.run('conntrack', ['-L'])).not.toContain(SERVICE);
  });

  describe('Q24: the parts are restored within 5 s', () => {
    const stop = new AbortController();
    let running: Promise<void>;
    beforeAll(() => {
      const loop = createReconciler(
        { clock: systemClock, log },
        { name: 'service-address', ...address.applier, intervalMs: 1000 },
      );
      loop.trigger(address.settings, 1);
      running = loop.run(stop.signal);
    });
    afterAll(async () => {
      stop.abort();
      await running;
    });

    test.each([
      ['iptables -F DOCKER-USER'],
      ['nft delete table ip drover'],
      ['nft flush chain ip drover output'],
      ['ip route delete 169.254.169.250'],
      ['ip link set drover0 down'],
    ])('after %s', async (command) => {
      const [file = '', ...args] = command.split(' ');
      await host.run(file, args);
      await poll(async () => (await drift()).length === 0, { what: 'the repair', timeoutMs: 5000 + BUSY_MS });
      expect(await ask(await pidOf('asker-mine'), SERVICE)).toEqual(
        seen('drover', await addressOf('asker-mine', 'mine')),
      );
    });

    test('after a restart of dockerd', async () => {
      await engine.stop();
      await engine.start();
      await poll(async () => (await drift()).length === 0, { what: 'the repair', timeoutMs: 5000 + BUSY_MS });
      await engine.docker.getContainer('asker-bridge').start();
      expect(await ask(await pidOf('asker-bridge'), SERVICE)).toEqual(
        seen('drover', await addressOf('asker-bridge', 'bridge')),
      );
    });

    test('after nft flush ruleset', async () => {
      await host.run('nft', ['flush', 'ruleset']);
      await poll(async () => (await host.run('nft', ['list', 'tables'])).includes('drover'), {
        what: 'the repair',
        timeoutMs: 5000 + BUSY_MS,
      });
      await poll(async () => (await drift()).length === 0, { what: 'no drift', timeoutMs: BUSY_MS });
    });

    test('after the veth pair and the namespace are gone', async () => {
      await host.run('ip', ['link', 'delete', 'drover0']);
      await poll(async () => (await drift()).length === 0, { what: 'a new veth pair', timeoutMs: 5000 + BUSY_MS });
      await host.run('ip', ['netns', 'delete', 'drover']);
      await poll(async () => (await drift()).length === 0, { what: 'a new namespace', timeoutMs: 5000 + BUSY_MS });
    });
  });
});

test('a device of that name that Drover did not make is a problem and is kept', async () => {
  await address.remove();
  await host.run('ip', ['link', 'add', 'drover0', 'type', 'bridge']);
  const before = await footprint();
  expect(await ensure()).toBe(0);
  expect(await drift()).toEqual([expect.stringMatching(/^device drover0: /)]);
  await address.remove();
  expect(await footprint()).toEqual(before);
});
