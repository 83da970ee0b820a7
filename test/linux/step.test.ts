import { expect, test } from 'vitest';
import { applyStep, formatStep, step } from '../../linux/index.ts';
import type { CommandOptions } from '../../system/index.ts';

test('step() splits a command line, and formatStep() prints it on one line with its input', () => {
  const plain = step('ip link set drover0 up');
  expect(plain).toStrictEqual({ file: 'ip', args: ['link', 'set', 'drover0', 'up'] });
  expect(formatStep(plain)).toBe('ip link set drover0 up');
  expect(formatStep(step('nft -f -', '\ttable ip a {\n\t}\n\n'))).toBe('nft -f - { table ip a {; } }');
  expect(formatStep(step('nft -f -', ''))).toBe('nft -f - {  }');
});

test('applyStep() runs the command, with input and signal only if there are any', async () => {
  const runs: unknown[] = [];
  const run = async (file: string, args: readonly string[], options?: CommandOptions): Promise<string> => {
    runs.push([file, args, options]);
    return '';
  };
  const { signal } = new AbortController();
  await applyStep(run, step('ip link show'));
  await applyStep(run, step('nft -f -', ''), signal);
  expect(runs).toStrictEqual([
    ['ip', ['link', 'show'], {}],
    ['nft', ['-f', '-'], { input: '', signal }],
  ]);
});
