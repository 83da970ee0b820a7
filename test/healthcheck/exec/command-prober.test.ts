import { expect, test } from 'vitest';
import { CommandProber } from '../../../healthcheck/exec/command-prober.ts';
import type { Command, CommandResult } from '../../../healthcheck/exec/run-command.ts';
import type { Target } from '../../../healthcheck/index.ts';
import { formatProblem } from '../../../model/index.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { testLog } from '../../support/test-log.ts';
import { target } from '../target.ts';

const EXIT_0: CommandResult = { kind: 'exit', code: 0, line: '', leftId: null };
const RUN_MS = 50;

/** Commands that take 50 ms. */
function start(resultOf: (command: Command) => CommandResult = () => EXIT_0) {
  const clock = createFakeClock();
  const results: string[] = [];
  const starts: { readonly id: string; readonly atMs: number }[] = [];
  const ended: string[] = [];
  const running = new Set<string>();
  let mostRunning = 0;
  let canEnd = true;
  const prober = new CommandProber({
    clock,
    log: testLog('exec'),
    commands: {
      run: async (command, signal) => {
        const { containerId: id } = command;
        expect(running.has(id)).toBe(false);
        running.add(id);
        mostRunning = Math.max(mostRunning, running.size);
        starts.push({ id, atMs: clock.monotonic() });
        await clock.sleep(RUN_MS, signal).catch(() => {});
        running.delete(id);
        return resultOf(command);
      },
      end: async (containerId, id) => {
        ended.push(`${containerId} ${id}`);
        return canEnd;
      },
    },
    take: (id, event) => {
      if (event.kind === 'result') results.push(`${id} ${event.passed} ${event.up} ${event.text}`);
      return 'up';
    },
  });
  const end = new AbortController();
  const life = prober.run(end.signal);
  return {
    clock,
    prober,
    results,
    starts,
    ended,
    mostRunning: () => mostRunning,
    cannotEnd: () => {
      canEnd = false;
    },
    stop: async () => {
      end.abort();
      await life;
    },
  };
}

const checked = (id: string, changes: Partial<Target['check']> = {}) => target(id, { exec: ['true'], ...changes });

test('a command that exits with 0 passes; others fail with the first line of their output', async () => {
  const results: CommandResult[] = [
    EXIT_0,
    { kind: 'exit', code: 1, line: 'connection refused', leftId: null },
    { kind: 'exit', code: 127, line: '', leftId: null },
    { kind: 'ended', why: 'no exit within 200 ms', leftId: null },
  ];
  const { clock, prober, results: taken, stop } = start(() => results.shift() ?? EXIT_0);
  prober.setTargets([checked('a')]);
  await clock.advance(3_900);
  expect(taken).toEqual([
    'a true null exit code 0',
    'a false null exit code 1: connection refused',
    'a false null exit code 127',
    'a false null no exit within 200 ms',
  ]);
  await stop();
});

test('200 checks: at most 16 at once, each once an interval, and spread over it', async () => {
  const { clock, prober, starts, mostRunning, stop } = start();
  prober.setTargets(Array.from({ length: 200 }, (_, n) => checked(`c${n}`, { intervalMs: 2_000 })));
  await clock.advance(20_000);
  expect(mostRunning()).toBe(16);
  const later = starts.filter(({ atMs }) => atMs >= 10_000);
  expect(later.length).toBeGreaterThan(980);
  expect(later.length).toBeLessThan(1_020);
  const tenths = Object.values(Object.groupBy(later, ({ atMs }) => Math.floor((atMs % 2_000) / 200)));
  expect(tenths).toHaveLength(10);
  expect(Math.max(...tenths.map((some) => some?.length ?? 0))).toBeLessThan(250);
  await stop();
});

test('a new target is checked at once; one that is gone or that changes has no second command at the same time', async () => {
  const { clock, prober, starts, results, stop } = start();
  const [first, changed] = [checked('a'), checked('a', { exec: ['false'] })];
  prober.setTargets([first]);
  await clock.advance(10);
  prober.setTargets([]);
  prober.setTargets([changed]);
  await clock.advance(10);
  expect(starts).toHaveLength(1);
  await clock.advance(60);
  expect([starts.length, results]).toEqual([2, []]);
  await clock.advance(50);
  expect(results).toEqual(['a true null exit code 0']);
  prober.setTargets([]);
  await clock.advance(10_000);
  expect(starts).toHaveLength(2);
  await stop();
});

test('setTargets() gives the identical target while nothing of it changes, and checks it no earlier', async () => {
  const { clock, prober, starts, stop } = start();
  const first = checked('a');
  expect(prober.setTargets([first]).get('a')).toBe(first);
  await clock.advance(100);
  expect(prober.setTargets([checked('a')]).get('a')).toBe(first);
  await clock.advance(100);
  expect(starts).toHaveLength(1);
  expect(prober.setTargets([{ ...first, startedAtMs: 2 }]).get('a')).not.toBe(first);
  await clock.advance(100);
  expect(starts).toHaveLength(2);
  await stop();
});

test('a command that cannot be ended fails the next checks, which start none, until it has ended', async () => {
  const left: CommandResult = { kind: 'ended', why: 'no exit within 200 ms', leftId: 'x1' };
  const world = start(() => (world.starts.length === 1 ? left : EXIT_0));
  world.cannotEnd();
  world.prober.setTargets([checked('a')]);
  await world.clock.advance(3_900);
  expect(world.starts).toHaveLength(1);
  expect(world.ended.every((one) => one === 'a x1')).toBe(true);
  expect(world.results.at(-1)).toBe('a false null the command of an earlier check has not ended');
  await world.stop();
});

test('no result while the container or Docker does not run; only Docker is a problem, until it works again', async () => {
  let result: CommandResult = { kind: 'none', why: 'the container is paused', isDocker: false, leftId: null };
  const { clock, prober, results, stop } = start(() => result);
  prober.setTargets([checked('a')]);
  await clock.advance(1_500);
  expect([results, prober.problems()]).toEqual([[], []]);
  result = { kind: 'none', why: 'connect ECONNREFUSED', isDocker: true, leftId: null };
  await clock.advance(1_500);
  expect(prober.problems().map(formatProblem)).toEqual([
    'health checks with a command: Docker does not run them: connect ECONNREFUSED; read the log of dockerd; Drover retries automatically',
  ]);
  result = EXIT_0;
  await clock.advance(1_500);
  expect(prober.problems()).toEqual([]);
  await stop();
});
