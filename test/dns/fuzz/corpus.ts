import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { formatInput, type Input, parseInput } from './input.ts';

/** What was interesting in earlier runs, one input a line; empty where there is no such file. */
export async function readCorpus(file: string): Promise<readonly Input[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.split('\n').filter(isInput).map(parseInput);
}

/** Adds to it; lines stay in their order, none twice. */
export async function addToCorpus(file: string, inputs: readonly Input[]): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const lines = new Set([...text.split('\n').filter((line) => line !== ''), ...inputs.map(formatInput)]);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${[...lines].join('\n')}\n`);
}

function isInput(line: string): boolean {
  return line !== '' && !line.startsWith('#');
}
