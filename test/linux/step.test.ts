import { expect, test } from 'vitest';
import { applyRemoval, applyStep, batch, formatStep, step } from '../../linux/index.ts';
import type { CommandOptions, Log } from '../../system/index.ts';

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

test('batch() is one step for many lines, and its line stays short', () => {
  expect(batch('ip', [])).toEqual([]);
  expect(batch('bridge', ['fdb show', 'link show']).map(formatStep)).toEqual([
    'bridge -force -batch - { fdb show; link show }',
  ]);
  const lines = Array.from({ length: 1000 }, (_, index) => `route add 10.0.${index}`);
  const [many] = batch('ip', lines);
  expect(many?.input).toBe(`${lines.join('\n')}\n`);
  expect(many && formatStep(many)).toBe(
    'ip -force -batch - { route add 10.0.0; route add 10.0.1; route add 10.0.2; (994 more); route add 10.0.997; route add 10.0.998; route add 10.0.999 }',
  );
});

test('applyRemoval() applies the steps in order and logs each that was applied', async () => {
  const events: string[] = [];
  const run = async (file: string, args: readonly string[]): Promise<string> => {
    if (args.includes('b')) throw new Error('refused');
    events.push(`run ${[file, ...args].join(' ')}`);
    return '';
  };
  const info = ({ change }: { readonly change: string }, message: string) => void events.push(`${message} ${change}`);
  const log = { info } as unknown as Pick<Log, 'info' | 'debug'>;
  await expect(
    applyRemoval(
      { run, log },
      ['x a', 'x b', 'x c'].map((line) => step(line)),
    ),
  ).rejects.toThrow('refused');
  expect(events).toEqual(['run x a', 'removed x a']);
});
