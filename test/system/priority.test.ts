import { getPriority } from 'node:os';
import { resolve } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { givingWay } from '../../system/index.ts';

/** Prints the nice values of its threads and of its session, stops giving way, and prints them again. */
const PROGRAM = `
import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { stopGivingWay } from ${JSON.stringify(resolve('system/priority.ts'))};
const print = () => {
  const threads = readdirSync('/proc/self/task').map((id) => getPriority(Number(id)));
  const group = /nice (-?\\d+)/.exec(readFileSync('/proc/self/autogroup', 'latin1'))?.[1];
  console.log(JSON.stringify([[...new Set(threads)], group]));
};
print();
stopGivingWay();
print();
`;

test('a program gives way with all its threads, from its start until it says so', async () => {
  const [file = '', ...args] = givingWay([process.execPath, '--input-type=module', '-e', PROGRAM]);
  const own = getPriority();
  const { stdout } = await execa('setsid', ['--wait', file, ...args]);
  expect(stdout.split('\n').map((line) => JSON.parse(line) as unknown)).toEqual([
    [[own + 10], '10'],
    [[own], '0'],
  ]);
});

test('without the right to come back nobody gives way', async () => {
  const script = `import { mayGiveWay } from ${JSON.stringify(resolve('system/priority.ts'))};
    console.log(mayGiveWay());`;
  const run = [process.execPath, '--input-type=module', '-e', script];
  expect((await execa('setpriv', ['--bounding-set', '-sys_nice', ...run])).stdout).toBe('false');
  expect((await execa('nice', ['-n', '19', ...run])).stdout).toBe('false');
  expect((await execa(run[0] as string, run.slice(1))).stdout).toBe('true');
});
