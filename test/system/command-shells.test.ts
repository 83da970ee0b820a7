import { readFile } from 'node:fs/promises';
import { afterEach, expect, test } from 'vitest';
import { CommandError, createCommandShells } from '../../system/index.ts';
import { poll } from '../support/poll.ts';

const open: { close(): void }[] = [];
afterEach(() => {
  for (const shells of open.splice(0)) shells.close();
});

function create(most?: number) {
  const shells = createCommandShells(most === undefined ? {} : { most });
  open.push(shells);
  return shells;
}

const sh = (script: string): [string, string[]] => ['sh', ['-c', script]];

test('gives what a command prints, without the last line end, one command after the other in one process', async () => {
  const { run } = create(1);
  const parent = () => run(...sh('ps -o ppid= -p $$'));
  expect(await run('printf', ['%s|', 'a b', "it's", '$HOME', 'two\nlines', ''])).toBe("a b|it's|$HOME|two\nlines||");
  expect(await run(...sh('echo one; echo; echo'))).toBe('one\n\n');
  expect(await parent()).toBe(await parent());
});

test('gives a command its input, however much it is', async () => {
  const { run } = create();
  const input = `${"add $x `y` 'z' \\ é\n".repeat(20_000)}end`;
  expect(await run('cat', [], { input })).toBe(input);
  expect(await run('cat', [])).toBe('');
});

test('fails with the exit code and the error output, and goes on', async () => {
  const { run } = create(1);
  const error = await run(...sh('echo out; echo why >&2; exit 3')).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(CommandError);
  expect(error).toMatchObject({ exitCode: 3, stderr: 'why', message: 'sh -c echo out; echo why >&2; exit 3: why' });
  expect(await run('echo', ['next'])).toBe('next');
});

test('names a program that is not installed, as it does without shells', async () => {
  const error = await create()
    .run('drover-no-such-program', ['-x'])
    .catch((reason: unknown) => reason);
  expect(error).toMatchObject({ exitCode: null, message: expect.stringContaining('ENOENT') });
});

test('runs as many at a time as it may, and all of them', async () => {
  const { run } = create(3);
  const numbers = Array.from({ length: 20 }, (_, n) => String(n));
  const shells = await Promise.all(numbers.map((n) => run(...sh(`ps -o ppid= -p $$; echo ${n}`))));
  expect(shells.map((text) => text.split('\n')[1])).toEqual(numbers);
  expect(new Set(shells.map((text) => text.split('\n')[0])).size).toBe(3);
});

test('a command that takes too long, or is aborted, ends with all its processes; others go on', async () => {
  const { run } = create(1);
  const slow = sh('sleep 300 & echo $! >&2; wait');
  await expect(run(...slow, { timeoutMs: 100 })).rejects.toThrow('took more than 100 ms');
  const stop = new AbortController();
  const aborted = run(...slow, { signal: stop.signal });
  setTimeout(() => stop.abort(), 100);
  await expect(aborted).rejects.toThrow('was stopped');
  expect(await run('echo', ['next'])).toBe('next');
});

test('a shell that was killed is replaced', async () => {
  const { run } = create(1);
  await expect(run(...sh('kill -9 $PPID'))).rejects.toThrow('was stopped');
  expect(await run('echo', ['next'])).toBe('next');
});

test('leaves no process after close', async () => {
  const shells = create(1);
  const pid = Number(await shells.run(...sh('ps -o ppid= -p $$')));
  const running = shells.run('sleep', ['300']);
  shells.close();
  await expect(running).rejects.toThrow('was stopped');
  const isGone = () =>
    readFile(`/proc/${pid}/stat`, 'utf8').then(
      () => false,
      () => true,
    );
  await poll(isGone, { what: 'the end of the shell' });
});
