import Docker from 'dockerode';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { killProcess } from '../../../healthcheck/exec/kill-process.ts';
import { type CommandRunner, createCommandRunner } from '../../../healthcheck/exec/run-command.ts';
import { type Engine, removeContainers, startEngine } from '../../support/engine.ts';
import { poll } from '../../support/poll.ts';
import { createResources } from '../../support/resources.ts';
import { createTestHost } from '../../support/test-host.ts';

const resources = createResources();
const never = new AbortController().signal;
let engine: Engine;
let commands: CommandRunner;
let web: Docker.Container;

beforeAll(async () => {
  engine = await startEngine(resources, await createTestHost(resources, 'commands'));
  await engine.buildBusybox();
  commands = createCommandRunner(engine.docker);
});
afterEach(() => removeContainers(engine));
afterAll(() => resources.close());

const start = async () => {
  web = await engine.run('web', { HostConfig: { NetworkMode: 'none' } });
};
const run = (words: readonly string[], timeoutMs = 10_000, signal = never) =>
  commands.run({ containerId: web.id, words, timeoutMs }, signal);
const shell = (line: string, timeoutMs?: number) => run(['/bin/sh', '-c', line], timeoutMs);
/** The command lines of the processes in the container, without its own. Docker wants the column `pid`. */
async function processes(): Promise<readonly string[]> {
  const { Processes = [] } = (await web.top({ ps_args: '-o pid,args' })) as { Processes?: string[][] };
  return Processes.map(([, line = '']) => line).filter((line) => line !== '/bin/sleep 1000000');
}
const untilAlone = () => poll(async () => (await processes()).length === 0, { what: 'no other process' });

describe('a command', () => {
  test('has its exit code and the first line of what it writes, to either output', async () => {
    await start();
    expect(await run(['true'])).toEqual({ kind: 'exit', code: 0, line: '', leftId: null });
    expect(await shell('echo >&2; printf "\\033[31mconnection refused\\033[0m\\nmore\\n" >&2; exit 3')).toEqual({
      kind: 'exit',
      code: 3,
      line: 'connection refused',
      leftId: null,
    });
    const missing = await run(['no-such-program']);
    expect(missing).toMatchObject({ kind: 'exit', line: expect.stringContaining('no-such-program') });
    expect(missing.kind === 'exit' && missing.code).toBeGreaterThan(0);
  });

  test('that does not end is killed with all processes that it has started', async () => {
    await start();
    for (const line of [
      'sleep 1001',
      'sleep 1002 & sleep 1003; echo x',
      'trap "" TERM INT; while :; do sleep 1; done',
    ]) {
      expect(await shell(line, 300)).toEqual({ kind: 'ended', why: 'no exit within 300 ms', leftId: null });
      await untilAlone();
    }
  });

  test('that closes its output and runs on is killed, too; one that leaves a process behind has its own exit code', async () => {
    await start();
    expect(await shell('exec >&- 2>&-; sleep 1001', 300)).toMatchObject({ kind: 'ended', leftId: null });
    await untilAlone();
    expect(await shell('sleep 1002 & exit 4', 2_000)).toMatchObject({ kind: 'exit', code: 4 });
  });

  test('that writes without end is killed; 100 kB are fine', async () => {
    await start();
    expect(await shell('seq 1 20000; exit 1')).toMatchObject({ kind: 'exit', code: 1, line: '1' });
    expect(
      await shell('while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done'),
    ).toEqual({
      kind: 'ended',
      why: 'too much output',
      leftId: null,
    });
    await untilAlone();
  });

  test('is ended when the agent stops', async () => {
    await start();
    const stop = new AbortController();
    const running = run(['sleep', '1001'], 60_000, stop.signal);
    await poll(async () => (await processes()).length === 1, { what: 'the command to run' });
    stop.abort();
    await running;
    await untilAlone();
  });
});

describe('there is no result', () => {
  test('while the container is paused, stopped or gone: its state says so', async () => {
    await start();
    await web.pause();
    expect(await run(['true'])).toMatchObject({ kind: 'none', isDocker: false });
    await web.unpause();
    await web.stop({ t: 0 });
    expect(await run(['true'])).toMatchObject({ kind: 'none', isDocker: false });
    await web.remove();
    expect(await run(['true'])).toMatchObject({ kind: 'none', isDocker: false });
    expect(await commands.end(web.id, 'no-such-command')).toBe(true);
  });

  test('while Docker does not run', async () => {
    const nowhere = createCommandRunner(new Docker({ socketPath: '/no/such/docker.sock' }));
    const command = { containerId: 'c', words: ['true'], timeoutMs: 1_000 };
    expect(await nowhere.run(command, never)).toMatchObject({ kind: 'none', isDocker: true, leftId: null });
    expect(await nowhere.end('c', 'e')).toBe(false);
  });
});

test('a process that is not in the container is never killed', async () => {
  await start();
  expect(await killProcess(process.pid, web.id)).toBe(false);
  expect(await killProcess(0, web.id)).toBe(false);
  expect(await killProcess(1, web.id)).toBe(false);
});
