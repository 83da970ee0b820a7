import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { formatInput, type Input, parseInput } from './input.ts';

/** Interesting inputs of earlier runs, one a line; empty if there is no file. */
export async function readCorpus(file: string): Promise<readonly Input[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.split('\n').filter(isInput).map(parseInput);
}

/** Appends new inputs, without duplicates. */
export async function addToCorpus(file: string, inputs: readonly Input[]): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const lines = new Set([...text.split('\n').filter((line) => line !== ''), ...inputs.map(formatInput)]);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${[...lines].join('\n')}\n`);
}

function isInput(line: string): boolean {
  return line !== '' && !line.startsWith('#');
}
