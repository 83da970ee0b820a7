import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import type { Container } from '../../model/index.ts';
import { desiredResolvers } from '../../resolv-conf/desired-resolvers.ts';
import {
  type ContainerResolver,
  createResolvConf,
  nameserversIn,
  type ResolvConf,
  resolvConfComponent,
  restoreResolvConfs,
} from '../../resolv-conf/index.ts';
import { viewOf } from '../../view/index.ts';
import { applyOnce } from '../support/apply-once.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';
import { testLog } from '../support/test-log.ts';
import { container, snapshot } from '../view/world.ts';

const RESOLVER = '169.254.169.250';
const DOCKER = 'nameserver 127.0.0.11\noptions ndots:0\n';
const resources = createResources();
let root: string;
let clock: FakeClock;
let resolvConf: ResolvConf;

const pathOf = (id: string): string => join(root, 'containers', id, 'resolv.conf');
const serversOf = async (id: string) => nameserversIn(await readFile(pathOf(id), 'utf8')).join();
const desiredOf = (id: string, changes: Partial<Container> = {}): ContainerResolver => ({
  container: container(id, 'shop/web', null, changes),
  search: ['rancher.internal'],
  position: 'first',
  reach: 'yes',
});

beforeEach(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'drover-resolv-conf-'));
  root = directory;
  resources.add('directory', () => rm(directory, { recursive: true, force: true }));
  for (const id of ['one', 'two']) {
    await mkdir(join(root, 'containers', id), { recursive: true });
    await writeFile(pathOf(id), DOCKER);
  }
  clock = createFakeClock();
  const log = testLog('resolv-conf');
  resolvConf = createResolvConf({ clock, log, pathOf, dataRoot: async () => root }, { resolver: RESOLVER });
  resources.add('resolv.conf', resolvConf.close);
});
afterAll(() => resources.close());

const pass = (desired: readonly ContainerResolver[]) => applyOnce(resolvConf.applier, desired);

test('a pass rewrites each file once and counts the containers', async () => {
  const desired = [desiredOf('one'), desiredOf('two'), desiredOf('none', { networkMode: 'none' })];
  expect(resolvConf.counts()).toEqual({ ours: 0, exempt: 0, problems: [], left: [] });
  expect(await pass(desired)).toBe(2);
  expect(await serversOf('one')).toBe(RESOLVER);
  expect(resolvConf.counts()).toEqual({ ours: 2, exempt: 1, problems: [], left: [] });
  expect(await pass(desired)).toBe(0);
});

test('a file that was right is trusted for 20 s, unless its container changes', async () => {
  const desired = [desiredOf('one')];
  await pass(desired);
  await writeFile(pathOf('one'), DOCKER);
  await clock.advance(19_999);
  expect(await pass(desired)).toBe(0);
  await clock.advance(1);
  expect(await pass(desired)).toBe(1);

  await writeFile(pathOf('one'), DOCKER);
  expect(await pass([desiredOf('one')])).toBe(1);
});

test('a file that its container wrote is left alone and named, until Docker writes it again', async () => {
  const desired = [desiredOf('one')];
  await pass(desired);
  const theirs = 'nameserver 10.8.0.1\nsearch corp.example\n';
  await writeFile(pathOf('one'), theirs);
  await clock.advance(20_000);
  expect(await pass(desired)).toBe(0);
  expect(await readFile(pathOf('one'), 'utf8')).toBe(theirs);
  expect(resolvConf.counts()).toMatchObject({ ours: 0, problems: [], left: [{ subject: 'container one one' }] });
  // No file in the state `left` is trusted.
  await writeFile(pathOf('one'), DOCKER);
  expect(await pass(desired)).toBe(1);
  expect(await serversOf('one')).toBe(RESOLVER);
});

test('a file that is restored because the container does not reach Drover is known at once as that of Docker', async () => {
  const text = 'nameserver 10.0.0.2\n';
  await writeFile(pathOf('one'), text);
  await writeFile(`${pathOf('one')}.hash`, `sha256:${createHash('sha256').update(text).digest('hex')}`);
  await pass([desiredOf('one')]);
  expect(await pass([{ ...desiredOf('one'), reach: 'no' }])).toBe(1);
  expect(await readFile(pathOf('one'), 'utf8')).toBe(text);
  expect(resolvConf.counts().left).toMatchObject([{ what: expect.stringContaining('cannot reach') }]);
});

test('the text of an earlier version is replaced, and keeps its original', async () => {
  await pass([desiredOf('one')]);
  const ours = await readFile(pathOf('one'), 'utf8');
  await writeFile(pathOf('one'), ours.replace(/^.*\n.*\n/, '# An earlier title of Drover.\n'));
  expect(await pass([desiredOf('one')])).toBe(1);
  expect(await readFile(pathOf('one'), 'utf8')).toBe(ours);
});

test('a shorter text leaves no blank lines, so that Docker recognizes what it wrote after `drover down`', async () => {
  await pass([desiredOf('one')]);
  await restoreResolvConfs([pathOf('one')], root);
  expect(await readFile(pathOf('one'), 'utf8')).toBe(DOCKER);
});

test('links and paths outside of Docker are not touched, and are problems', async () => {
  const foreign = join(root, 'foreign.conf');
  await writeFile(foreign, DOCKER);
  await rm(pathOf('one'));
  await symlink(foreign, pathOf('one'));
  expect(await pass([desiredOf('one'), desiredOf('..')])).toBe(0);
  expect(await readFile(foreign, 'utf8')).toBe(DOCKER);
  expect(resolvConf.counts().problems.map(({ what }) => what)).toEqual([
    'cannot write its resolv.conf: the file is a symbolic link',
    expect.stringContaining("is not below Docker's data directory"),
  ]);
});

test('the file of a container that is about to start is rewritten as soon as Docker writes it', async () => {
  await pass([desiredOf('one', { state: 'created' })]);
  expect(await serversOf('one')).toBe('127.0.0.11');
  await writeFile(pathOf('one'), DOCKER);
  await poll(async () => (await serversOf('one')) === RESOLVER, { what: 'the file to be rewritten' });
  // A container that opts out is not watched.
  await pass([desiredOf('two', { state: 'created', labels: { 'drover.dns': 'false' } })]);
  await writeFile(pathOf('two'), DOCKER);
  await writeFile(pathOf('one'), DOCKER);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect([await serversOf('one'), await serversOf('two')]).toEqual(['127.0.0.11', '127.0.0.11']);
});

test('restoreResolvConfs() restores the original text, and reports what it cannot restore', async () => {
  await pass([desiredOf('one')]);
  const paths = ['one', 'two', 'gone'].map(pathOf);
  expect(await restoreResolvConfs(paths, root)).toEqual([]);
  expect((await readFile(pathOf('one'), 'utf8')).trimEnd()).toBe(DOCKER.trimEnd());
  expect(await readFile(pathOf('two'), 'utf8')).toBe(DOCKER);
  const [problem] = await restoreResolvConfs([pathOf('one')], '/elsewhere');
  expect(problem).toMatchObject({ subject: pathOf('one'), hint: expect.stringMatching(/^restart the container/) });
});

test('desired() lists the containers of this host with their search domains, and is identical while nothing changed', () => {
  const web = container('web', 'shop/web', null);
  const log = container('log', null, null, { labels: { 'io.rancher.container.dns.priority': 'service_last' } });
  const state = (...containers: readonly Container[]) =>
    viewOf(snapshot({ containers: [...containers, container('other', null, null, { hostId: 'b' })] }), 'a');
  const first = desiredResolvers(state(web, log));
  expect(first.map(({ container: { id }, search, position }) => ({ id, search, position }))).toEqual([
    {
      id: 'web',
      search: ['web.shop.rancher.internal', 'shop.rancher.internal', 'rancher.internal'],
      position: 'first',
    },
    { id: 'log', search: ['rancher.internal'], position: 'last' },
  ]);
  expect(desiredResolvers(state(web, log), first)).toBe(first);
  const second = desiredResolvers(state(web, { ...log, name: 'renamed' }), first);
  expect(second).not.toBe(first);
  expect(second[0]).toBe(first[0]);
});

test('desired() changes with the suffix of the environment and the position of our domains', () => {
  const web = container('web', 'shop/web', null);
  const world = snapshot({ containers: [web] });
  const first = desiredResolvers(viewOf(world, 'a'));
  const renamed = { ...world, environment: { ...world.environment, suffixes: ['example.'] } };
  const [second] = desiredResolvers(viewOf(renamed, 'a'), first);
  expect(second?.container).toBe(web);
  expect(second?.search).toEqual(['web.shop.example', 'shop.example', 'example']);
  const [moved] = desiredResolvers(viewOf(world, 'a'), [{ ...(first[0] as ContainerResolver), position: 'last' }]);
  expect(moved?.position).toBe('first');
  expect(desiredResolvers(viewOf(snapshot({}), 'a'), first)).toEqual([]);
});

test('desired() is not known before Docker has listed its containers', () => {
  let isComplete = false;
  const component = resolvConfComponent(resolvConf, { isComplete: () => isComplete });
  const view = viewOf(snapshot({ containers: [container('web', null, null)] }), 'a');
  expect(component.desired(view)).toBeNull();
  isComplete = true;
  expect(component.desired(view)).toHaveLength(1);
});
