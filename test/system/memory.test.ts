import { readFile } from 'node:fs/promises';
import { execa } from 'execa';
import { expect, test } from 'vitest';

const PROGRAM = `
  import { returnFreeMemory } from './system/index.ts';
  const load = () => Array.from({ length: 400_000 }, (_, n) => ({ n, text: 'x' + n }));
  let loaded = load();
  const kept = loaded.filter(({ n }) => n % 100 === 0);
  loaded = [];
  const before = process.memoryUsage().heapTotal;
  returnFreeMemory();
  console.log(JSON.stringify({ before, after: process.memoryUsage().heapTotal, kept: kept.length }));`;

test('returnFreeMemory() shrinks the heap with the flags that bin/drover passes to Node', async () => {
  const line = /^exec "\$node" (.*) "\$root\/cli\/main\.ts"/m.exec(await readFile('bin/drover', 'utf8'))?.[1] ?? '';
  const flags = line.split(' ');
  const { stdout } = await execa('node', [...flags, '--input-type=module', '--eval', PROGRAM]);
  const { before, after, kept } = JSON.parse(stdout) as Record<'before' | 'after' | 'kept', number>;
  expect(kept).toBe(4_000);
  expect(after).toBeLessThan(before / 2);
});
