import { getPriority } from 'node:os';
import { resolve } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { withLowPriority } from '../../system/index.ts';

/** Prints the nice values of its threads and of its session, restores its priority, and prints them again. */
const PROGRAM = `
import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { restorePriority } from ${JSON.stringify(resolve('system/priority.ts'))};
const print = () => {
  const threads = readdirSync('/proc/self/task').map((id) => getPriority(Number(id)));
  const group = /nice (-?\\d+)/.exec(readFileSync('/proc/self/autogroup', 'latin1'))?.[1];
  console.log(JSON.stringify([[...new Set(threads)], group]));
};
print();
restorePriority();
print();
`;

test('a program runs with low priority in all its threads until it restores its priority', async () => {
  const [file = '', ...args] = withLowPriority([process.execPath, '--input-type=module', '-e', PROGRAM]);
  const own = getPriority();
  const { stdout } = await execa('setsid', ['--wait', file, ...args]);
  expect(stdout.split('\n').map((line) => JSON.parse(line) as unknown)).toEqual([
    [[own + 10], '10'],
    [[own], '0'],
  ]);
});

test('canLowerPriority() is false if the priority could not be restored', async () => {
  const script = `import { canLowerPriority } from ${JSON.stringify(resolve('system/priority.ts'))};
    console.log(canLowerPriority());`;
  const run = [process.execPath, '--input-type=module', '-e', script];
  expect((await execa('setpriv', ['--bounding-set', '-sys_nice', ...run])).stdout).toBe('false');
  expect((await execa('nice', ['-n', '19', ...run])).stdout).toBe('false');
  expect((await execa(run[0] as string, run.slice(1))).stdout).toBe('true');
});
