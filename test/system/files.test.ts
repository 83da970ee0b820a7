import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeFileAtomic } from '../../system/index.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'drover-files-'));
});
afterEach(() => rm(dir, { recursive: true }));

test('writeFileAtomic() creates the folder, sets the mode, replaces the content and leaves no other file', async () => {
  const path = join(dir, 'a', 'b', 'file');
  await writeFileAtomic(path, 'one', { mode: 0o600 });
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  await writeFileAtomic(path, Buffer.from('two'));
  expect(await readFile(path, 'utf8')).toBe('two');
  expect((await stat(path)).mode & 0o777).toBe(0o644);
  expect(await readdir(join(dir, 'a', 'b'))).toEqual(['file']);
});

test('a reader never sees a part of a file, even with several writers', async () => {
  const path = join(dir, 'file');
  const contents = Array.from({ length: 10 }, (_, n) => String(n).repeat(200_000));
  await writeFile(path, contents[0] as string);
  let writing = true;
  const writers = Promise.all(contents.map((content) => writeFileAtomic(path, content))).finally(() => {
    writing = false;
  });
  const met = new Set<string>();
  while (writing) met.add(await readFile(path, 'utf8'));
  await writers;
  for (const content of met) expect(contents.includes(content)).toBe(true);
  expect(await readdir(dir)).toEqual(['file']);
});

test('a failed write leaves the old content and no temporary file', async () => {
  const path = join(dir, 'folder');
  await mkdir(join(path, 'full'), { recursive: true });
  await expect(writeFileAtomic(path, 'x')).rejects.toThrow();
  expect(await readdir(dir)).toEqual(['folder']);
});
