import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readLiving } from '../../../agent/children/child-slots.ts';
import { endProcess } from '../../../agent/children/end-process.ts';
import { createRequestedChild, type RequestedChild, startFile } from '../../../agent/children/requested-child.ts';
import { defaultSupervisorSettings } from '../../../agent/children/supervisor.ts';
import { systemClock as clock } from '../../../system/index.ts';
import { type Daemon, startDaemon } from '../../support/daemon.ts';
import { poll } from '../../support/poll.ts';
import { createResources, type Resources } from '../../support/resources.ts';
import { testLog } from '../../support/test-log.ts';

let resources: Resources;
let dir: string;
beforeEach(async () => {
  resources = createResources();
  dir = await mkdtemp(join(tmpdir(), "drover-requested's-"));
  resources.add('directory', () => rm(dir, { recursive: true, force: true }));
  resources.add('child', async () => {
    for (const { identity } of await readLiving(dir, 'lb')) await endProcess(clock, identity, 500);
  });
});
afterEach(() => resources.close());

/** What the agent does with it: follows it until `leave`. */
function follow({ life = 'exec sleep 1000', version = '1', startTimeoutMs = 30_000 } = {}) {
  const args = ['-c', `echo "it's" version ${version}; ${life}`];
  const settings = { ...defaultSupervisorSettings, runDir: dir, stopTimeoutMs: 500, startTimeoutMs, hint: 'HINT' };
  const child = createRequestedChild(
    { clock, log: testLog('child') },
    { name: 'lb', file: '/bin/sh', args, version },
    settings,
  );
  const end = new AbortController();
  const following = child.run(end.signal);
  const leave = async (): Promise<void> => {
    end.abort();
    await following;
  };
  resources.add('agent', leave);
  return { child, leave };
}

/** The container. */
function startContainer(): Daemon {
  const daemon = startDaemon(resolve('bin/drover-lb'), [dir]);
  resources.add('container', () => daemon.stop());
  return daemon;
}

const runs = (child: RequestedChild, other: number | null = null) =>
  poll(() => child.pid() !== other && child.pid(), { what: 'the child' });

test('without the container its problem says what to start; the container starts it, and the next agent adopts it', async () => {
  const first = follow({ startTimeoutMs: 300 });
  await poll(() => first.child.lastEnd()?.hint === 'HINT', { what: 'the problem' });
  expect(first.child.pid()).toBeNull();
  const container = startContainer();
  const pid = await runs(first.child);
  expect(first.child.lastEnd()).toBeNull();
  await first.leave();
  const second = follow({ startTimeoutMs: 300 });
  expect(await runs(second.child)).toBe(pid);
  await poll(() => container.stdout().includes("it's version 1"), { what: 'its output in the log of the container' });
  await container.stop();
  await poll(() => second.child.lastEnd()?.hint === 'HINT', { what: 'the problem after the end of the container' });
  expect(second.child.pid()).toBeNull();
});

test('a child that is killed is started again, also without an agent; its last output is known', async () => {
  const container = startContainer();
  const { child, leave } = follow();
  const first = await runs(child);
  process.kill(first, 'SIGKILL');
  await poll(() => child.lastEnd()?.what.includes("its last output: it's version 1"), { what: 'the problem' });
  const second = await runs(child, first);
  await leave();
  process.kill(second, 'SIGKILL');
  await poll(async () => ((await readLiving(dir, 'lb'))[0]?.identity.pid ?? second) !== second, {
    what: 'the third process',
  });
  await poll(() => container.stdout().split('HAProxy exited (137)').length === 3, { what: 'both exits in the log' });
});

test('what a child says that exits at once is its problem', async () => {
  startContainer();
  const { child } = follow({ life: 'echo cannot bind >&2; exit 1' });
  await poll(() => child.lastEnd()?.what.includes('cannot bind'), { what: 'the problem' });
});

test('a stopped child stays stopped until it is requested again; one of another version is replaced', async () => {
  const container = startContainer();
  const first = follow();
  const pid = await runs(first.child);
  const waits = () => container.stdout().split('when there is something to balance').length - 1;
  const before = waits();
  await first.leave();
  await first.child.stop();
  await expect(readFile(startFile(dir, 'lb'))).rejects.toThrow('ENOENT');
  await poll(() => waits() === before + 1, { what: 'the container waits' });
  expect(await readLiving(dir, 'lb')).toEqual([]);
  const again = follow();
  const second = await runs(again.child, pid);
  await again.leave();
  const third = await runs(follow({ version: '2' }).child);
  expect(third).not.toBe(second);
  await poll(() => container.stdout().includes("it's version 2"), { what: 'the other version' });
});
