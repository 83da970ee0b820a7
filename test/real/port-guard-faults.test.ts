import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { problemsOf } from '../../agent/index.ts';
import { inside } from '../support/containers.ts';
import { removeContainers } from '../support/engine.ts';
import { ASK_SELF, createGuardedHost, type GuardedHost } from '../support/guarded-host.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';

const resources = createResources();
let alpha: GuardedHost;

beforeAll(async () => {
  alpha = await createGuardedHost(resources);
  await alpha.run('web');
  await alpha.untilKnown('web');
}, 120_000);
afterAll(() => resources.close());

const nft = (...args: readonly string[]) => alpha.host.run('nft', args);

/** Puts a program in the place of nft that fails for some commands: pattern of the shell -> message. Gives the way back. */
async function breakNft(failures: Readonly<Record<string, string>>): Promise<() => Promise<unknown>> {
  const { host } = alpha;
  const path = (await host.run('sh', ['-c', 'command -v nft'])).trim();
  const dir = await mkdtemp(join(host.dir, 'nft-'));
  const branches = Object.entries(failures).map(
    ([pattern, text]) => `${pattern}) echo 'Error: ${text}' >&2; exit 1 ;;`,
  );
  const script = `#!/bin/sh
input=
case "$*" in *-f*) input=$(cat) ;; esac
case "$* $input" in
${branches.join('\n')}
esac
printf '%s\n' "$input" | ${dir}/nft "$@"
`;
  const install = 'cp "$2" "$1/nft" && cat > "$1/broken" && chmod +x "$1/broken" && mount --bind "$1/broken" "$2"';
  await host.run('sh', ['-c', install, 'sh', dir, path], { input: script });
  // Lazily: the agent may be in the middle of running it.
  return () => host.run('umount', ['--lazy', path]);
}

test('Q24: the table is back within 5 s, with all that is known', async () => {
  const before = await alpha.setOf('addresses');
  await nft('delete', 'table', 'bridge', 'drover_guard');
  const isBack = async () => (await alpha.setOf('addresses')).join() === before.join();
  await poll(isBack, { what: 'the table', timeoutMs: 5_000 });
  await nft('flush', 'set', 'bridge', 'drover_guard', 'known');
  await poll(async () => (await alpha.setOf('known')).length === 1, { what: 'its sets', timeoutMs: 5_000 });
  await nft('flush', 'chain', 'bridge', 'drover_guard', 'known');
  await poll(async () => Object.keys(await alpha.drops()).length === 7, { what: 'its rules', timeoutMs: 5_000 });
  expect(await inside(alpha, 'web', ASK_SELF)).toBe('web');
});

test('Q14: a container gets its address back at once when it starts again, also while the guard is behind', async () => {
  const { engine, router } = alpha;
  const ipv4 = router.ipv4.replace(/\d+$/, '77');
  const EndpointsConfig = { drover: { IPAMConfig: { IPv4Address: ipv4 } } };
  const fixed = await alpha.run('fixed', {}, { NetworkingConfig: { EndpointsConfig } });
  await alpha.untilKnown('fixed');
  const hint = await breakNft({ "*'list table bridge'*": 'the guard cannot look' });
  await fixed.restart({ t: 0 });
  expect(await engine.exec('fixed', ['sh', '-c', ASK_SELF])).toEqual({ exitCode: 0, output: 'fixed' });
  await hint();
  await alpha.untilKnown('fixed');
});

test('Q2: a new agent goes on with what stands', async () => {
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
}, 60_000);

test('network.guard: false removes what stood, and then theft succeeds', async () => {
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
  expect(await alpha.steal('thief', 'web')).toContain('web');
  await restartWith(config);
  await alpha.untilKnown('web');
  await alpha.untilKnown('thief');
  expect(await alpha.steal('thief', 'web')).not.toContain('web');
}, 90_000);

test('where the kernel has no such tables, status says so and what to do, and nothing else is concerned', async () => {
  const { agent } = alpha;
  await nft('delete', 'table', 'bridge', 'drover_guard');
  const hint = await breakNft({
    "*'list table bridge'*|*'delete element bridge'*": 'No such file or directory',
    "*'table bridge'*": 'Could not process rule: Operation not supported',
  });
  const problem = await poll(
    async () => problemsOf(await agent.status()).find(({ subject }) => subject === 'port guard'),
    { what: 'the problem in the status' },
  );
  expect(problem.what).toContain('Operation not supported');
  expect(problem.hint).toContain('network.guard');
  expect((await agent.drover(['status'])).stdout).toContain('port guard');
  await nft('delete', 'table', 'ip', 'drover');
  const goesOn = async () => /^table ip drover$/m.test(await nft('list', 'tables'));
  await poll(goesOn, { what: 'the other parts to go on', timeoutMs: 5_000 });
  await alpha.run('unguarded');
  expect(await inside(alpha, 'unguarded', ASK_SELF)).toBe('unguarded');
  await hint();
  await alpha.untilKnown('unguarded');
  await poll(async () => problemsOf(await agent.status()).length === 0, { what: 'all to be well' });
}, 60_000);

test('drover down removes it', async () => {
  await removeContainers(alpha.engine);
  expect(await alpha.agent.drover(['down'])).toMatchObject({ exitCode: 0, stderr: '' });
  expect(await nft('list', 'tables')).not.toContain('drover');
}, 60_000);
