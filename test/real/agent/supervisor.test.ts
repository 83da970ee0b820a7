import { mkdtemp, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ChildStatus } from '../../../agent/children/child.ts';
import type { ChildSpec } from '../../../agent/children/child-command.ts';
import { fingerprintOf, launchCommand, readRecord } from '../../../agent/children/child-command.ts';
import { readLiving } from '../../../agent/children/child-slots.ts';
import { endProcess } from '../../../agent/children/end-process.ts';
import { identify, isRunning } from '../../../agent/children/process-identity.ts';
import { runCommand, systemClock } from '../../../system/index.ts';
import { type Daemon, startDaemon } from '../../support/daemon.ts';
import { poll } from '../../support/poll.ts';
import { createResources, type Resources } from '../../support/resources.ts';

let resources: Resources;
let dir: string;
beforeEach(async () => {
  resources = createResources();
  dir = await mkdtemp(join(tmpdir(), 'drover-supervisor-'));
  resources.add('directory', () => rm(dir, { recursive: true, force: true }));
});
afterEach(() => resources.close());

/** Says hello, then notes its pid in a file, then lives as `life` says. */
const program = (name: string, life: string, version = '1'): ChildSpec => ({
  name,
  version,
  file: '/bin/sh',
  args: ['-c', `echo hello from ${name}; echo $$ >> ${join(dir, `${name}.starts`)}; ${life}`],
});

function supervise(specs: readonly ChildSpec[]): Daemon {
  const daemon = startDaemon(process.execPath, ['test/support/supervise.ts', dir, JSON.stringify(specs)]);
  for (const { name } of specs) resources.add(name, () => end(name));
  resources.add('supervisor', () => daemon.stop());
  return daemon;
}

async function end(name: string): Promise<void> {
  for (const { identity } of await readLiving(dir, name)) await endProcess(systemClock, identity, 500);
}

const statusOf = (daemon: Daemon): readonly ChildStatus[] => {
  const line = daemon
    .stdout()
    .split('\n')
    .findLast((text) => text.startsWith('status ') && text.endsWith(']'));
  return line ? JSON.parse(line.slice('status '.length)) : [];
};
const running = (daemon: Daemon, what = 'child runs') =>
  poll(() => statusOf(daemon).every(({ state }) => state === 'running') && statusOf(daemon)[0], {
    what,
    giveUp: daemon.assertRunning,
  });
const pidsOf = async (name: string) => (await readFile(join(dir, `${name}.starts`), 'utf8')).trim().split('\n');
/** Until it is released, no new process of the child counts as ready. */
async function hold(name: string): Promise<() => Promise<void>> {
  const file = join(dir, `${name}.hold`);
  await writeFile(file, '');
  return () => rm(file);
}
/** The pids of all starts so far, once the process `pid` has noted its own: a process runs before it has written anything. */
const starts = (name: string, pid: number | null) =>
  poll(
    async () => {
      const pids = await pidsOf(name);
      return pids.includes(String(pid)) && pids;
    },
    { what: `the start of ${name} with pid ${pid}` },
  );

test('a child survives kill -9 of its supervisor, keeps writing, and is adopted by the next one (Q2)', async () => {
  const writer = program('writer', 'while :; do echo tick; sleep 0.05; done');
  const first = supervise([writer]);
  const { pid } = await running(first);
  for (let round = 0; round < 3; round += 1) {
    const before = round === 0 ? first : supervise([writer]);
    await running(before);
    before.signal('SIGKILL');
    await before.exit;
  }
  const { size } = await stat(join(dir, 'writer.log'));
  await poll(async () => (await stat(join(dir, 'writer.log'))).size > size, { what: 'the orphan writes on' });
  const last = supervise([writer]);
  expect(await running(last)).toMatchObject({ pid, adopted: true, restarts: 0 });
  expect(await starts('writer', pid)).toEqual([String(pid)]);
});

test('an adopted child that exits is restarted, and status shows its last lines', async () => {
  const sleeper = program('sleeper', 'exec sleep 1000');
  const first = supervise([sleeper]);
  await running(first);
  first.signal('SIGKILL');
  await first.exit;
  const second = supervise([sleeper]);
  const { pid } = await running(second);
  await starts('sleeper', pid);
  process.kill(pid as number, 'SIGKILL');
  const status = await poll(
    () => statusOf(second).find(({ restarts, state }) => restarts === 1 && state === 'running'),
    {
      what: 'restart',
    },
  );
  expect(status.pid).not.toBe(pid);
  expect(status.adopted).toBe(false);
  expect(status.lastEnd?.what).toContain('hello from sleeper');
  expect(second.output().match(/"msg":"child exited"/g)).toHaveLength(1);
});

test('the pauses of a crash loop grow up to the limit; status shows exit code and output', async () => {
  const daemon = supervise([program('crasher', 'echo it hurts >&2; exit 3')]);
  await poll(() => (statusOf(daemon)[0]?.restarts ?? 0) >= 6, { what: 'six crashes', giveUp: daemon.assertRunning });
  const times = daemon
    .output()
    .split('\n')
    .filter((line) => line.includes('"msg":"child exited"'))
    .map((line) => Date.parse(JSON.parse(line).time));
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  // Pauses are drawn from the upper half of 50, 100, 200, 400, 400 ms.
  expect(gaps[0]).toBeGreaterThanOrEqual(25);
  for (const gap of gaps.slice(3)) expect(gap).toBeGreaterThanOrEqual(190);
  expect(statusOf(daemon)[0]?.lastEnd?.what).toMatch(/exited \(3\); its last output: .*it hurts/);
});

test('two supervisors at once never run a child twice', async () => {
  const sleeper = program('sleeper', 'exec sleep 1000');
  const daemons = [supervise([sleeper]), supervise([sleeper]), supervise([sleeper])];
  const statuses = await Promise.all(daemons.map((daemon) => running(daemon)));
  expect(new Set(statuses.map(({ pid }) => pid)).size).toBe(1);
  expect(await starts('sleeper', statuses[0]?.pid ?? null)).toHaveLength(1);
});

test('kill -9 at any moment of a start leaves at most one child, and the next supervisor adopts it', async () => {
  const sleeper = program('sleeper', 'exec sleep 1000');
  for (let round = 0; round < 8; round += 1) {
    const daemon = supervise([sleeper]);
    await poll(async () => daemon.output() !== '' || (await readRecord(dir, 'sleeper')), {
      what: 'a start',
      intervalMs: 3,
    });
    daemon.signal('SIGKILL');
    await daemon.exit;
    if (round % 2 === 1) await end('sleeper');
  }
  const last = supervise([sleeper]);
  const { pid } = await running(last);
  const pids = await starts('sleeper', pid);
  const identities = await Promise.all(pids.map((text) => identify(Number(text))));
  expect(identities.filter((identity) => identity !== null).map((identity) => identity?.pid)).toEqual([pid]);
});

test('a pid file with a reused pid is ignored, and the other process is left alone', async () => {
  const stranger = startDaemon('sleep', ['1000']);
  resources.add('stranger', () => stranger.stop());
  const { bootId = '', startTicks = 0 } = (await identify(stranger.pid)) ?? {};
  const fields = `S ${'0 '.repeat(18)}${startTicks - 1} 0`;
  await writeFile(join(dir, 'sleeper.pid'), `${stranger.pid} (sleep) ${fields}\n${bootId}\n["0"]\n`);
  const daemon = supervise([program('sleeper', 'exec sleep 1000')]);
  expect((await running(daemon)).pid).not.toBe(stranger.pid);
  stranger.assertRunning();
});

test.each([
  ['removed', (path: string) => rm(path)],
  ['damaged', (path: string) => writeFile(path, Buffer.from([0, 0xff, 0x0a]))],
])('a child whose pid file was %s is found by its lock, and replaced', async (_, spoil) => {
  const sleeper = program('sleeper', 'exec sleep 1000');
  const first = supervise([sleeper]);
  const { pid } = await running(first);
  await starts('sleeper', pid);
  first.signal('SIGKILL');
  await first.exit;
  await spoil(join(dir, 'sleeper.pid'));
  const second = supervise([sleeper]);
  const fresh = await poll(() => statusOf(second).find((one) => one.state === 'running' && one.pid !== pid), {
    what: 'the replacement',
    giveUp: second.assertRunning,
  });
  expect(await identify(pid ?? 0)).toBeNull();
  expect(await starts('sleeper', fresh.pid)).toHaveLength(2);
});

test('a child that writes its pid file while it is looked for is found by it', async () => {
  const sleeper = program('sleeper', 'exec sleep 1000');
  const { file, args } = launchCommand(dir, 'sleeper', sleeper);
  const child = startDaemon(file, args);
  resources.add('sleeper', () => child.stop());
  await poll(() => readRecord(dir, 'sleeper'), { what: 'the pid file' });
  await starts('sleeper', child.pid);
  const path = join(dir, 'sleeper.pid');
  await rename(path, `${path}.written`);
  // The first look reads an empty pid file, and goes on when the real one is in its place.
  await runCommand('mkfifo', [path]);
  const looking = readLiving(dir, 'sleeper');
  const writer = await open(path, 'w');
  await rename(`${path}.written`, path);
  await writer.close();
  expect(await looking).toMatchObject([{ identity: { pid: child.pid }, fingerprint: fingerprintOf(sleeper) }]);
});

test('a child of another version is replaced, one child after the other', async () => {
  const life = 'exec sleep 1000';
  const first = supervise([program('one', life), program('two', life)]);
  await running(first);
  const before = statusOf(first).map(({ pid }) => pid);
  await first.stop();
  const identities = await Promise.all(before.map((pid) => identify(pid ?? 0)));
  expect(await Promise.all(identities.map((identity) => identity && isRunning(identity)))).toEqual([true, true]);
  const release = await hold('one');
  const second = supervise([program('one', life, '2'), program('two', life, '2')]);
  const aliveNow = () =>
    Promise.all(identities.map(async (identity) => identity !== null && (await isRunning(identity))));
  await poll(async () => (await pidsOf('one')).length === 2, { what: 'the new process of one' });
  // Three times as long as a new process needs until it is ready.
  await systemClock.sleep(900);
  expect(await aliveNow()).toEqual([true, true]);
  await release();
  await poll(async () => (await aliveNow()).join() === 'false,false', { what: 'both replaced' });
  await poll(() => statusOf(second).every(({ adopted }) => !adopted), { what: 'both are ours' });
  expect(statusOf(second).map(({ restarts }) => restarts)).toEqual([0, 0]);
});

test('the old version runs until the new one is ready, and keeps running if the new one fails', async () => {
  const first = supervise([program('one', 'exec sleep 1000')]);
  const { pid } = await running(first);
  await first.stop();
  const broken = supervise([program('one', 'echo cannot do it; exit 4', '2')]);
  await poll(() => (statusOf(broken)[0]?.restarts ?? 0) >= 2, { what: 'failures', giveUp: broken.assertRunning });
  const old = await identify(pid as number);
  expect(old && (await isRunning(old))).toBe(true);
  await broken.stop();
  const good = supervise([program('one', 'exec sleep 1000', '3')]);
  await poll(async () => statusOf(good)[0]?.pid !== pid && (await identify(pid as number)) === null, {
    what: 'replaced',
  });
  await good.stop();
  const back = supervise([program('one', 'exec sleep 1000', '4')]);
  const third = statusOf(good)[0]?.pid ?? 0;
  await poll(async () => (await identify(third)) === null, { what: 'replaced again, in the first slot' });
  await poll(() => statusOf(back)[0]?.adopted === false, { what: 'the new one is ours' });
});

test('a replacement that a killed supervisor left unfinished is completed', async () => {
  const first = supervise([program('one', 'exec sleep 1000')]);
  const { pid: oldPid } = await running(first);
  first.signal('SIGKILL');
  await first.exit;
  const next = program('one', 'exec sleep 1000', '2');
  const { file, args } = launchCommand(dir, 'one.next', next);
  const beside = startDaemon(file, args);
  resources.add('new version', () => beside.stop());
  await poll(() => readRecord(dir, 'one.next'), { what: 'both versions' });
  const second = supervise([next]);
  expect(await running(second)).toMatchObject({ pid: beside.pid, adopted: true });
  await poll(async () => (await identify(oldPid as number)) === null, { what: 'the old one ended' });
});

test('a third version replaces the two of an unfinished replacement: the younger one ends, the old one serves until the new one is ready', async () => {
  const first = supervise([program('one', 'exec sleep 1000')]);
  const old = await identify((await running(first)).pid as number);
  await first.stop();
  const { file, args } = launchCommand(dir, 'one.next', program('one', 'exec sleep 1000', '2'));
  const beside = startDaemon(file, args);
  resources.add('second version', () => beside.stop());
  await poll(() => readRecord(dir, 'one.next'), { what: 'both versions' });
  const release = await hold('one');
  const third = supervise([program('one', 'exec sleep 1000', '3')]);
  await beside.exit;
  expect(old && (await isRunning(old))).toBe(true);
  await release();
  await poll(async () => old && !(await isRunning(old)), { what: 'the old one ended' });
  await poll(() => statusOf(third)[0]?.adopted === false && statusOf(third)[0]?.state === 'running', { what: 'ours' });
});
