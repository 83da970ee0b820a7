import { writeSync } from 'node:fs';
import { appendFile, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createChildOutput } from '../../agent/children/child-output.ts';

let dir: string;
let path: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'drover-output-'));
  path = join(dir, 'dns.log');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

test('tail() returns the last lines of the current process, not of the one before', async () => {
  const output = createChildOutput(path, { maxBytes: 1000 });
  await appendFile(path, 'an older life\n');
  const { fd, close } = await output.open();
  writeSync(fd, 'one\ntwo\n\nthree\n');
  expect(await output.tail(2)).toEqual(['two', 'three']);
  expect(await output.tail(9)).toEqual(['one', 'two', 'three']);
  close();
});

test('a file that has grown is truncated while its process keeps writing; the old part is kept beside it', async () => {
  const output = createChildOutput(path, { maxBytes: 100 });
  const { fd, close } = await output.open();
  writeSync(fd, `${'x'.repeat(200)}\n`);
  await output.trim();
  writeSync(fd, 'after\n');
  expect((await stat(path)).size).toBe(6);
  expect((await readFile(`${path}.1`, 'utf8')).length).toBe(201);
  expect(await output.tail(5)).toEqual(['after']);
  close();
});

test('a large file is moved aside when the next process starts', async () => {
  const output = createChildOutput(path, { maxBytes: 100 });
  await appendFile(path, 'y'.repeat(101));
  (await output.open()).close();
  expect((await stat(path)).size).toBe(0);
  expect(await output.tail(5)).toEqual([]);
});
