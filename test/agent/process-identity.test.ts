import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { identify, isRunning, parseStat, uptimeMs } from '../../agent/children/process-identity.ts';

const rest = (startTicks: number) => `S ${'0 '.repeat(18)}${startTicks} 0 0`;

test.each([
  ['a plain name', `42 (dns) ${rest(7)}`, { pid: 42, state: 'S', startTicks: 7 }],
  ['a name with spaces and parentheses', `42 (a) b (c)) ${rest(7)}`, { pid: 42, state: 'S', startTicks: 7 }],
  ['nothing', '', null],
  ['half a line', '42 (dns) S 1 2', null],
  ['rubbish', 'pid file', null],
])('parseStat() reads %s', (_what, line, expected) => {
  expect(parseStat(line)).toEqual(expected);
});

test('a process is identified until it exits; another start time, boot id or pid is another process', async () => {
  const child = spawn('sleep', ['100']);
  const identity = await identify(child.pid ?? 0);
  if (identity === null) throw new Error('sleep does not run');
  expect(await isRunning(identity)).toBe(true);
  expect(await isRunning({ ...identity, startTicks: identity.startTicks + 1 })).toBe(false);
  expect(await isRunning({ ...identity, bootId: 'another' })).toBe(false);
  expect(await uptimeMs(identity)).toBeLessThan(60_000);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await isRunning(identity)).toBe(false);
});
