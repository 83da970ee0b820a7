import { chmod, copyFile, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { problemsOf } from '../../agent/index.ts';
import { PORT_BINDINGS_FILE, parsePortBindings } from '../../model/index.ts';
import { writeFileAtomic } from '../../system/index.ts';
import { inside } from '../support/containers.ts';
import { removeContainers } from '../support/engine.ts';
import { ASK_SELF, createGuardedHost, type GuardedHost } from '../support/guarded-host.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';

/** What a busy machine may add to the 5 s in which a part is restored. */
const BUSY_MS = 10_000;

const resources = createResources();
let alpha: GuardedHost;

beforeAll(async () => {
  alpha = await createGuardedHost(resources);
  await wrapNft();
  await alpha.run('web');
  await alpha.untilKnown('web');
});
afterAll(() => resources.close());

const nft = (...args: readonly string[]) => alpha.host.run('nft', args);

let nftDir: string;

/**
 * Puts a shell script in the place of nft that can be told to fail. It stays until the host is gone: if it were unmounted
 * while it is being started, the shell would read the nft binary in its place, and run that as a script.
 */
async function wrapNft(): Promise<void> {
  const { host } = alpha;
  const path = (await host.run('sh', ['-c', 'command -v nft'])).trim();
  nftDir = await mkdtemp(join(host.dir, 'nft-'));
  await copyFile(path, join(nftDir, 'nft'));
  await writeFile(join(nftDir, 'failures'), '');
  const script = `#!/bin/sh
[ "$1" = monitor ] && exec ${nftDir}/nft "$@"
input=
case "$*" in *-f*) input=$(cat) ;; esac
. ${nftDir}/failures
printf '%s\n' "$input" | ${nftDir}/nft "$@"
`;
  const wrapper = join(nftDir, 'wrapper');
  await writeFile(wrapper, script);
  for (const file of [wrapper, join(nftDir, 'nft')]) await chmod(file, 0o755);
  await host.run('mount', ['--bind', wrapper, path]);
}

/** Lets nft fail for some commands (shell pattern -> message). Returns how to end it. */
async function breakNft(failures: Readonly<Record<string, string>>): Promise<() => Promise<void>> {
  const branches = Object.entries(failures).map(
    ([pattern, text]) => `${pattern}) echo 'Error: ${text}' >&2; exit 1 ;;`,
  );
  const file = join(nftDir, 'failures');
  await writeFileAtomic(file, `case "$* $input" in\n${branches.join('\n')}\nesac\n`);
  return () => writeFileAtomic(file, '');
}

test('Q24: a deleted table is restored within 5 s, with all its elements', async () => {
  const before = await alpha.setOf('addresses');
  await nft('delete', 'table', 'bridge', 'drover_guard');
  const isBack = async () => (await alpha.setOf('addresses')).join() === before.join();
  await poll(isBack, { what: 'the table', timeoutMs: 5_000 + BUSY_MS });
  await nft('flush', 'set', 'bridge', 'drover_guard', 'known');
  await poll(async () => (await alpha.setOf('known')).length === 1, { what: 'its sets', timeoutMs: 5_000 + BUSY_MS });
  await nft('flush', 'chain', 'bridge', 'drover_guard', 'known');
  await poll(async () => Object.keys(await alpha.drops()).length === 7, {
    what: 'its rules',
    timeoutMs: 5_000 + BUSY_MS,
  });
  expect(await inside(alpha, 'web', ASK_SELF)).toBe('web');
});

test('Q14: a container that restarts gets its address back at once, even while the guard cannot be updated', async () => {
  const { engine, router } = alpha;
  const ipv4 = router.ipv4.replace(/\d+$/, '77');
  const EndpointsConfig = { drover: { IPAMConfig: { IPv4Address: ipv4 } } };
  const fixed = await alpha.run('fixed', {}, { NetworkingConfig: { EndpointsConfig } });
  await alpha.untilKnown('fixed');
  const repair = await breakNft({ "*'list table bridge'*": 'simulated failure' });
  await fixed.restart({ t: 0 });
  expect(await engine.exec('fixed', ['sh', '-c', ASK_SELF])).toEqual({ exitCode: 0, output: 'fixed' });
  await repair();
  await alpha.untilKnown('fixed');
});

test('Q2: a new agent takes over the existing table', async () => {
  const { agent } = alpha;
  await agent.stop('SIGKILL');
  const before = await alpha.setOf('addresses');
  expect(await inside(alpha, 'web', ASK_SELF)).toBe('web');
  await agent.start();
  await alpha.run('next');
  await alpha.untilKnown('next');
  const after = await alpha.setOf('addresses');
  expect(after).toEqual(expect.arrayContaining([...before]));
  expect(after).toHaveLength(before.length + 1);
});

test('network.guard: false removes the table, and then an address can be stolen', async () => {
  const { agent } = alpha;
  await alpha.run('thief', { CapAdd: ['NET_ADMIN'] });
  await alpha.untilKnown('thief');
  const config = await readFile(agent.configPath, 'utf8');
  const restartWith = async (text: string): Promise<void> => {
    await agent.stop();
    await writeFile(agent.configPath, text);
    await agent.start();
  };
  await restartWith(JSON.stringify({ ...JSON.parse(config), network: { guard: false } }));
  await poll(async () => !(await nft('list', 'tables')).includes('drover_guard'), { what: 'the table to be gone' });
  const published = () => readFile(join(agent.runDir, PORT_BINDINGS_FILE), 'utf8');
  await poll(async () => parsePortBindings(await published()) === 'off', { what: 'the published bindings' });
  expect(await alpha.steal('thief', 'web')).toContain('web');
  await restartWith(config);
  await alpha.untilKnown('web');
  await alpha.untilKnown('thief');
  expect(await alpha.steal('thief', 'web')).not.toContain('web');
});

test('on a kernel without such tables, status reports it with a hint, and everything else keeps working', async () => {
  const { agent } = alpha;
  const repair = await breakNft({
    "*'list table bridge'*|*'delete element bridge'*": 'No such file or directory',
    "*'table bridge'*": 'Could not process rule: Operation not supported',
  });
  await alpha.host.run(join(nftDir, 'nft'), ['delete', 'table', 'bridge', 'drover_guard']);
  const problem = await poll(
    async () => problemsOf(await agent.status()).find(({ subject }) => subject === 'port guard'),
    { what: 'the problem in the status', timeoutMs: 60_000 },
  );
  expect(problem.what).toContain('Operation not supported');
  expect(problem.hint).toContain('network.guard');
  expect((await agent.drover(['status'])).stdout).toContain('port guard');
  await nft('delete', 'table', 'ip', 'drover');
  const goesOn = async () => /^table ip drover$/m.test(await nft('list', 'tables'));
  await poll(goesOn, { what: 'the other components to keep working', timeoutMs: 5_000 + BUSY_MS });
  await alpha.run('unguarded');
  expect(await inside(alpha, 'unguarded', ASK_SELF)).toBe('unguarded');
  await repair();
  await alpha.untilKnown('unguarded');
  await poll(async () => problemsOf(await agent.status()).length === 0, { what: 'no problems' });
});

test('drover down removes the table and the published bindings', async () => {
  await removeContainers(alpha.engine);
  expect(await alpha.agent.drover(['down'])).toMatchObject({ exitCode: 0, stderr: '' });
  expect(await nft('list', 'tables')).not.toContain('drover');
  expect(await readdir(alpha.agent.runDir)).not.toContain(PORT_BINDINGS_FILE);
});
