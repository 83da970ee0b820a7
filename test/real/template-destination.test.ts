import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runCommand } from '../../system/index.ts';
import type { TemplateSpec } from '../../template/index.ts';
import { keepFile } from '../../template/keep-file.ts';
import { startServer } from '../metadata/serve.ts';
import { createResources, type Resources } from '../support/resources.ts';

/** Where a new version is put: over a file, into a file that Docker mounted into a container, in a read-only folder. */
let resources: Resources;
let dir: string;
beforeEach(async () => {
  resources = createResources();
  dir = await mkdtemp(join(tmpdir(), 'drover-destination-'));
  resources.add('folder', () => rm(dir, { recursive: true, force: true }));
});
afterEach(() => resources.close());

const path = (name: string) => join(dir, name);

async function mount(...args: readonly string[]): Promise<void> {
  await runCommand('mount', args);
  resources.add('mount', () => runCommand('umount', [args.at(-1) ?? '']));
}

function keep(destination: string, content: string, more: Partial<TemplateSpec> = {}) {
  const spec: TemplateSpec = {
    name: 'a',
    source: '-',
    language: 'handlebars',
    destination,
    owner: null,
    mode: null,
    check: null,
    reload: null,
    keys: [],
    prefix: '/',
    ...more,
  };
  return keepFile(runCommand, spec, content, { dry: false, reload: false, signal: new AbortController().signal });
}

test('a mounted file is written in place, with the owner and mode of the template', async () => {
  await writeFile(path('original'), 'old\n');
  await writeFile(path('app.conf'), '');
  await mount('--bind', path('original'), path('app.conf'));
  expect(await keep(path('app.conf'), 'new\n', { check: 'grep -q new {{src}}' })).toMatchObject({ kind: 'written' });
  expect(await readFile(path('original'), 'utf8')).toBe('new\n');
  expect(await keep(path('app.conf'), 'new\n', { mode: 0o600, owner: '1:1' })).toMatchObject({ kind: 'written' });
  const { mode, uid, gid } = await stat(path('original'));
  expect([mode & 0o7777, uid, gid]).toEqual([0o600, 1, 1]);
  expect(await keep(path('app.conf'), 'new\n')).toEqual({ kind: 'unchanged' });
  expect(await keep(path('app.conf'), 'bad\n', { check: 'false' })).toMatchObject({ kind: 'failed' });
  expect(await readFile(path('original'), 'utf8')).toBe('new\n');
  expect(await readdir(dir)).toEqual(['app.conf', 'original']);
});

test('a file that is mounted into a read-only folder is written in place', async () => {
  await writeFile(path('original'), 'old\n');
  await mkdir(path('etc'));
  await mount('-t', 'tmpfs', 'tmpfs', path('etc'));
  await writeFile(path('etc/app.conf'), '');
  await mount('--bind', path('original'), path('etc/app.conf'));
  await runCommand('mount', ['-o', 'remount,ro', path('etc')]);
  expect(await keep(path('etc/app.conf'), 'new\n')).toMatchObject({ kind: 'written' });
  expect(await readFile(path('original'), 'utf8')).toBe('new\n');
  expect((await readdir(tmpdir())).filter((name) => name.startsWith('.app.conf.'))).toEqual([]);
  expect(await keep(path('etc/other.conf'), 'x')).toMatchObject({ kind: 'failed' });
});

test('no staged file is left behind, whatever fails', async () => {
  await keep(path('a'), 'x', { check: `mkdir ${path('a')}` });
  await keep(path('b'), 'x', { check: 'exit 1' });
  await keep(path('c'), 'x', { reload: 'exit 1' });
  await keep(path('d'), 'x', { owner: 'nosuchuser' });
  await writeFile(path('.e.drover'), 'of a process that was killed');
  await keep(path('e'), 'x');
  expect(await readdir(dir)).toEqual(['a', 'c', 'e']);
});

test('a command that takes too long is killed, and the message says so', async () => {
  // Long enough for a shell to start on a busy machine.
  const slow = runCommand('/bin/sh', ['-c', 'echo waiting >&2; exec sleep 30'], { timeoutMs: 3_000, untilExit: true });
  await expect(slow).rejects.toThrow('waiting');
  const silent = runCommand('/bin/sh', ['-c', 'exec sleep 30'], { timeoutMs: 200, untilExit: true });
  await expect(silent).rejects.toThrow('took more than 200 ms');
});

/** Starts a child in the background that holds the output of the command open. */
const CHILD = () => `{ sleep 30; } & echo $! >${path('pid')}; `;

test.each([
  ['succeeds', '', { kind: 'written' }],
  [
    'fails',
    'echo no good >&2; exit 3',
    { kind: 'reload-failed', problem: { what: expect.stringContaining('no good') } },
  ],
])('a reload command that leaves a child behind and %s ends with its shell', async (_, end, expected) => {
  resources.add('child', async () => process.kill(Number(await readFile(path('pid'), 'utf8'))));
  const start = performance.now();
  expect(await keep(path('a'), 'x', { reload: CHILD() + end })).toMatchObject(expected);
  expect(performance.now() - start).toBeLessThan(10_000);
});

test('the child does not keep `drover template --once` running', async () => {
  const server = await startServer({});
  resources.add('metadata', () => server[Symbol.asyncDispose]());
  resources.add('child', async () => process.kill(Number(await readFile(path('pid'), 'utf8'))));
  await writeFile(path('a.hbs'), 'x');
  const files = ['-s', path('a.hbs'), '-d', path('a'), '--reload', CHILD()];
  const url = `http://127.0.0.1:${server.port}`;
  const once = execa('bin/drover', ['template', '--once', '--metadata', url, ...files], { timeout: 15_000 });
  expect((await once).stdout).toBe(`${path('a')}: written`);
});
