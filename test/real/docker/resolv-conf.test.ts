import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Container } from '../../../model/index.ts';
import {
  createResolvConfApplier,
  nameserversIn,
  originalOf,
  type ResolvConfApplier,
} from '../../../resolv-conf/index.ts';
import { createLog } from '../../../system/index.ts';
import { type SourceUnderTest, startDockerSource } from '../../support/docker-source.ts';
import { type Engine, startEngine } from '../../support/engine.ts';
import { poll } from '../../support/poll.ts';
import { createResources } from '../../support/resources.ts';
import { createTestHost, type TestHost } from '../../support/test-host.ts';

const RESOLVER = '169.254.169.250';
const resources = createResources();
let host: TestHost;
let engine: Engine;
let under: SourceUnderTest;
let applier: ResolvConfApplier;

/** What the agent does: at each change of a container, its file. */
function applyAtEachChange(): void {
  under.source.onChange((changes) => {
    const containers = [...changes].flatMap(([key, value]) =>
      key.startsWith('container/') && value !== null ? [value as unknown as Container] : [],
    );
    void applier.apply(containers.map(targetOf));
  });
}
const targetOf = (container: Container) => ({ container, path: under.source.resolvConfPath(container.id) });
const everything = () => under.containers().map(targetOf);

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
  const root = ((await engine.docker.info()) as { DockerRootDir: string }).DockerRootDir;
  applier = createResolvConfApplier(
    { log: createLog('test', { level: 'silent', format: 'json' }) },
    {
      resolver: RESOLVER,
      searchDomains: ({ stack, primaryService }) => [
        ...(stack === null ? [] : [`${primaryService}.${stack}.rancher.internal`, `${stack}.rancher.internal`]),
        'rancher.internal',
      ],
      isPathAllowed: (path) => path.startsWith(`${root}/containers/`),
    },
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

  const states = await applier.inspectResolvers(everything());
  const kinds = under.containers().map(({ id, name }) => {
    const state = states.get(id);
    return `${name} ${state?.kind}${state?.kind === 'exempt' ? `: ${state.why}` : ''}`;
  });
  expect(kinds.toSorted()).toEqual([
    'exempt exempt: its label io.rancher.container.dns is false',
    'shop-app-1 ours',
    'shop-bridge-1 ours',
    'shop-host-1 ours',
    'shop-none-1 exempt: it has no network',
    'shop-readonly-1 ours',
    'shop-shared-1 exempt: it uses the file of the container whose network it shares',
    'shop-web-1 ours',
  ]);
});

test('Q14: the first instruction of nearly every container finds our resolver, without any setting of the daemon', async () => {
  const read = async (name: string, network: string): Promise<string> => {
    const Cmd = ['sh', '-c', 'cat /etc/resolv.conf; sleep 1000'];
    const container = await engine.run(name, {
      Cmd,
      Tty: true,
      Labels: compose('first'),
      HostConfig: { NetworkMode: network },
    });
    const logs = async () => (await container.logs({ stdout: true, follow: false })).toString();
    const text = await poll(async () => (await logs()) || undefined, { what: `what ${name} read first` });
    await container.remove({ force: true });
    return text.replaceAll('\r', '');
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

test('a file that a container made its own is put right; one beside us is reported', async () => {
  await engine.exec('shop-app-1', ['sh', '-c', 'echo nameserver 192.0.2.8 >> /etc/resolv.conf']);
  const app = targetOf(under.container('shop-app-1'));
  const state = (await applier.inspectResolvers([app])).get(app.container.id);
  expect(state).toMatchObject({
    kind: 'problem',
    problem: { what: expect.stringContaining('beside ours (192.0.2.8)') },
  });
  // Another container object, as after any change, or a while later.
  const again = { ...app, container: { ...app.container } };
  expect((await applier.apply([again])).get(app.container.id)).toEqual({ kind: 'ours' });
  expect(nameserversIn(await inContainer('shop-app-1'))).toEqual([RESOLVER]);
});

test('what cannot be written is a problem that says why; nothing outside of Docker and no link is touched', async () => {
  const { container } = targetOf(under.container('shop-web-1'));
  const foreign = join(host.dir, 'foreign.conf');
  await writeFile(foreign, 'nameserver 192.0.2.1\n');
  const link = join(host.dir, 'engine/data/containers/link');
  await symlink(foreign, link);
  const why = async (path: string | null) => {
    const state = (await applier.apply([{ container: { ...container }, path }])).get(container.id);
    return state?.kind === 'problem' ? `${state.problem.subject}: ${state.problem.what}` : JSON.stringify(state);
  };
  expect(await why(foreign)).toContain("is not below Docker's data directory");
  expect(await why(link)).toContain('it is a symbolic link');
  expect(await why(join(host.dir, 'engine/data/containers'))).toContain("is not below Docker's data directory");
  expect(await why(null)).toContain('a volume over /etc/resolv.conf');
  expect(await why(join(host.dir, 'engine/data/containers/gone'))).toContain('it was removed');
  expect(await readFile(foreign, 'utf8')).toBe('nameserver 192.0.2.1\n');
  const mounted = await engine.run('mounted', { HostConfig: { Binds: [`${foreign}:/etc/resolv.conf:ro`] } });
  await under.until('mounted', 'running', ({ state }) => state === 'running');
  expect(under.source.resolvConfPath(mounted.id)).toBeNull();
});

test('restore() puts back what stood there before us', async () => {
  const paths = under.containers().flatMap(({ id }) => under.source.resolvConfPath(id) ?? []);
  expect(await applier.restore(paths)).toEqual([]);
  expect((await inContainer('shop-app-1')).trimEnd()).toMatch(/^nameserver 127\.0\.0\.11\noptions ndots:0$/m);
  expect(nameserversIn(await inContainer('shop-bridge-1'))).not.toContain(RESOLVER);
  expect((await engine.exec('shop-app-1', ['nslookup', 'web'])).output).toContain('172.18.0.2');
  expect(await applier.restore(paths)).toEqual([]);
});
