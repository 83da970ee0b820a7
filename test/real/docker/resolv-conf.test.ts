import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Container } from '../../../model/index.ts';
import {
  type ContainerResolver,
  createResolvConf,
  nameserversIn,
  originalOf,
  type ResolvConf,
  restoreResolvConfs,
} from '../../../resolv-conf/index.ts';
import { systemClock } from '../../../system/index.ts';
import { applyOnce } from '../../support/apply-once.ts';
import { firstResolvConf, PRINT_RESOLV_CONF } from '../../support/containers.ts';
import { type SourceUnderTest, startDockerSource } from '../../support/docker-source.ts';
import { type Engine, startEngine } from '../../support/engine.ts';
import { poll } from '../../support/poll.ts';
import { createResources } from '../../support/resources.ts';
import { createTestHost, type TestHost } from '../../support/test-host.ts';
import { testLog } from '../../support/test-log.ts';

const RESOLVER = '169.254.169.250';
const resources = createResources();
let host: TestHost;
let engine: Engine;
let under: SourceUnderTest;
let resolvConf: ResolvConf;
let root: string;
/** Docker id -> a path instead of the one that Docker reports. */
const paths = new Map<string, string | null>();

const resolverOf = (container: Container): ContainerResolver => {
  const { stack, primaryService } = container;
  const own = stack === null ? [] : [`${primaryService}.${stack}.rancher.internal`, `${stack}.rancher.internal`];
  return { container, search: [...own, 'rancher.internal'], position: 'first', reach: 'yes' };
};
let passes: Promise<unknown> = Promise.resolve();
/** One pass of the reconciler over these containers, after the passes before it. */
function apply(containers: readonly Container[]): Promise<unknown> {
  passes = passes.then(() => applyOnce(resolvConf.applier, containers.map(resolverOf)));
  return passes;
}
/** The agent does this at each change of a container. */
function applyAtEachChange(): void {
  under.facts.onChange((changes) => {
    const isContainer = [...changes.keys()].some((key) => key.startsWith('container/'));
    if (isContainer) void apply(under.containers());
  });
}

async function inContainer(name: string): Promise<string> {
  return (await engine.exec(name, ['cat', '/etc/resolv.conf'])).output;
}
async function untilOurs(name: string): Promise<string> {
  return poll(
    async () => {
      const text = await inContainer(name);
      return nameserversIn(text).join() === RESOLVER && text.includes('search') ? text : undefined;
    },
    { what: `our resolver in ${name}` },
  );
}
const compose = (service: string) => ({
  'com.docker.compose.project': 'shop',
  'com.docker.compose.service': service,
  'com.docker.compose.container-number': '1',
});
async function up(service: string, options: object = {}, network = 'shop_default') {
  return engine.run(`shop-${service}-1`, {
    Labels: compose(service),
    HostConfig: { NetworkMode: network, ...options },
    ...(network === 'shop_default'
      ? { NetworkingConfig: { EndpointsConfig: { shop_default: { Aliases: [service] } } } }
      : {}),
  });
}

beforeAll(async () => {
  host = await createTestHost(resources, 'resolv');
  // An address of our own on a device that takes everything: somebody answers "refused" at once.
  await host.run('ip', ['address', 'add', `${RESOLVER}/32`, 'dev', 'lo']);
  engine = await startEngine(resources, host);
  await engine.buildBusybox();
  await engine.docker.createNetwork({ Name: 'shop_default' });
  under = startDockerSource(resources, engine.socketPath);
  root = ((await engine.docker.info()) as { DockerRootDir: string }).DockerRootDir;
  resolvConf = createResolvConf(
    {
      clock: systemClock,
      log: testLog('resolv-conf'),
      pathOf: (id) => (paths.has(id) ? (paths.get(id) ?? null) : under.source.resolvConfPath(id)),
      dataRoot: async () => root,
    },
    { resolver: RESOLVER },
  );
  applyAtEachChange();
  await under.nextSync();
});
afterAll(() => resources.close());

test("two services of a compose file: Docker's own resolver no longer answers first, also after a restart", async () => {
  await up('web');
  const app = await up('app');
  const text = await untilOurs('shop-app-1');
  expect(text).toContain('search app.shop.rancher.internal shop.rancher.internal rancher.internal\n');
  expect(text).not.toContain('ndots:0');
  // Nobody serves DNS in this test: with Docker's resolver in between, the alias would be answered.
  expect((await engine.exec('shop-app-1', ['nslookup', 'web'])).exitCode).not.toBe(0);
  const asked = await engine.exec('shop-app-1', ['nslookup', 'web', '127.0.0.11']);
  expect(asked.output).toContain('172.18.0.2');

  await app.restart({ t: 0 });
  await under.until('shop-app-1', 'second start', ({ state, startCount }) => state === 'running' && startCount === 2);
  expect(await untilOurs('shop-app-1')).toBe(text);
});

test('a network joined while running changes nothing', async () => {
  const network = await engine.docker.createNetwork({ Name: 'second' });
  await network.connect({ Container: 'shop-app-1' });
  await under.until('shop-app-1', 'two networks', ({ addresses }) => addresses.length === 2);
  expect(nameserversIn(await inContainer('shop-app-1'))).toEqual([RESOLVER]);
  await network.disconnect({ Container: 'shop-app-1' });
  await network.remove();
});

test('a read-only root, the default bridge and the host network; none and shared files are left alone', async () => {
  await up('readonly', { ReadonlyRootfs: true });
  await up('bridge', { DnsSearch: ['corp.example'], DnsOptions: ['timeout:2'] }, 'bridge');
  await up('host', {}, 'host');
  await up('none', {}, 'none');
  await up('shared', {}, 'container:shop-bridge-1');
  await engine.run('exempt', { Labels: { 'io.rancher.container.dns': 'false' } });
  await untilOurs('shop-readonly-1');
  await untilOurs('shop-host-1');
  expect(await untilOurs('shop-bridge-1')).toMatch(
    /search bridge\.shop\.rancher\.internal shop\.rancher\.internal rancher\.internal corp\.example\noptions timeout:2\n/,
  );
  expect(nameserversIn(await inContainer('shop-shared-1'))).toEqual([RESOLVER]);
  await under.until('exempt', 'running', ({ state }) => state === 'running');

  await apply(under.containers());
  expect(resolvConf.counts()).toEqual({ ours: 5, exempt: 3, problems: [], left: [] });
});

test('Q14: the first instruction of nearly every container finds Drover as resolver, without a setting of the daemon', async () => {
  const read = async (name: string, network: string): Promise<string> => {
    const container = await engine.run(name, {
      Cmd: PRINT_RESOLV_CONF,
      Tty: true,
      Labels: compose('first'),
      HostConfig: { NetworkMode: network },
    });
    const text = await firstResolvConf(container);
    await container.remove({ force: true });
    return text;
  };
  for (const network of ['bridge', 'host', 'shop_default']) {
    const texts: string[] = [];
    for (let round = 0; round < 4; round += 1) texts.push(await read(`first-${network}-${round}`, network));
    const ours = texts.filter((text) => nameserversIn(text).join() === RESOLVER).length;
    console.log(`first instruction on ${network}: our resolver alone in ${ours} of ${texts.length} containers`);
    // A race by nature, which a busy machine may lose now and then: the daemon's `dns` setting is for that.
    expect(ours).toBeGreaterThanOrEqual(2);
  }
  // The search list of a user-defined network is Docker's own again after `drover down`, without our domains.
  await up('fresh');
  await untilOurs('shop-fresh-1');
  expect(originalOf(await inContainer('shop-fresh-1'))).not.toContain('rancher.internal');
});

test('what a container writes itself is left alone, also in its first instruction, and is ours again after a restart', async () => {
  const left = () => resolvConf.counts().left.map(({ subject }) => subject.split(' ').at(-1));
  await engine.exec('shop-app-1', ['sh', '-c', 'echo nameserver 192.0.2.8 >> /etc/resolv.conf']);
  const appended = await inContainer('shop-app-1');
  for (const network of ['shop_default', 'bridge']) {
    const Cmd = ['sh', '-c', 'echo nameserver 127.0.0.1 > /etc/resolv.conf; sleep 1000'];
    await engine.run(`dns-${network}`, { Cmd, HostConfig: { NetworkMode: network } });
    await under.until(`dns-${network}`, 'running', ({ state }) => state === 'running');
  }
  // New container objects, as after any change, so that no file is trusted.
  for (let round = 0; round < 2; round += 1) await apply(under.containers().map((one) => ({ ...one })));
  expect(left()).toEqual(expect.arrayContaining(['shop-app-1', 'dns-shop_default', 'dns-bridge']));
  expect(await inContainer('shop-app-1')).toBe(appended);
  for (const network of ['shop_default', 'bridge'])
    expect(await inContainer(`dns-${network}`)).toBe('nameserver 127.0.0.1\n');

  await engine.docker.getContainer('shop-app-1').restart({ t: 0 });
  await under.until('shop-app-1', 'third start', ({ state, startCount }) => state === 'running' && startCount === 3);
  await untilOurs('shop-app-1');
  for (const network of ['shop_default', 'bridge'])
    await engine.docker.getContainer(`dns-${network}`).remove({ force: true });
});

test('a file that cannot be written is a problem that says why; links and files outside of Docker are not touched', async () => {
  const container = under.container('shop-web-1');
  const foreign = join(host.dir, 'foreign.conf');
  await writeFile(foreign, 'nameserver 192.0.2.1\n');
  const link = join(host.dir, 'engine/data/containers/link');
  await symlink(foreign, link);
  const why = async (path: string | null) => {
    paths.set(container.id, path);
    await apply([{ ...container }]);
    return resolvConf.counts().problems[0]?.what ?? 'no problem';
  };
  expect(await why(foreign)).toContain("is not below Docker's data directory");
  expect(await why(link)).toContain('the file is a symbolic link');
  expect(await why(join(host.dir, 'engine/data/containers'))).toContain("is not below Docker's data directory");
  expect(await why(null)).toContain('a volume hides its resolv.conf');
  expect(await why(join(host.dir, 'engine/data/containers/gone'))).toBe('no problem');
  expect(await readFile(foreign, 'utf8')).toBe('nameserver 192.0.2.1\n');
  paths.clear();
  const mounted = await engine.run('mounted', { HostConfig: { Binds: [`${foreign}:/etc/resolv.conf:ro`] } });
  await under.until('mounted', 'running', ({ state }) => state === 'running');
  expect(under.source.resolvConfPath(mounted.id)).toBeNull();
});

test('restoreResolvConfs() restores the original text', async () => {
  const files = under.containers().flatMap(({ id }) => under.source.resolvConfPath(id) ?? []);
  expect(await restoreResolvConfs(files, root)).toEqual([]);
  expect((await inContainer('shop-app-1')).trimEnd()).toMatch(/^nameserver 127\.0\.0\.11\noptions ndots:0$/m);
  expect(nameserversIn(await inContainer('shop-bridge-1'))).not.toContain(RESOLVER);
  expect((await engine.exec('shop-app-1', ['nslookup', 'web'])).output).toContain('172.18.0.2');
  expect(await restoreResolvConfs(files, root)).toEqual([]);
});
