import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createEmbeddedBus, type EmbeddedBus } from '../../bus/index.ts';
import { createLog, type Log, systemClock } from '../../system/index.ts';
import { createLogLines } from '../support/log-lines.ts';
import { poll } from '../support/poll.ts';
import { createResources, type Resources } from '../support/resources.ts';

let resources: Resources;
let dir: string;
let path: string;
beforeEach(async () => {
  resources = createResources();
  dir = await mkdtemp(join(tmpdir(), 'drover-bus-'));
  path = join(dir, 'deep', 'bus.db');
  resources.add(dir, () => rm(dir, { recursive: true }));
});
afterEach(() => resources.close());

const silent = createLog('test', { level: 'silent', format: 'json' });
function open(log: Log = silent): EmbeddedBus {
  const bus = createEmbeddedBus({ clock: systemClock, log }, { path, environment: 'test', pollMs: 20 });
  resources.add('bus', () => bus.close());
  return bus;
}

async function fill(): Promise<Buffer> {
  const bus = open();
  for (let n = 0; n < 50; n += 1) await bus.put(`k/${n}`, { n, pad: 'x'.repeat(500) });
  await bus.close();
  return readFile(path);
}

test.each<[string, (bytes: Buffer) => Buffer]>([
  ['random bytes', () => Buffer.from(Array.from({ length: 20_000 }, (_, n) => (n * 7919) % 251))],
  ['a broken header', (bytes) => Buffer.concat([Buffer.alloc(100, 0xff), bytes.subarray(100)])],
  ['pages of zeros', (bytes) => Buffer.concat([bytes.subarray(0, 4096), Buffer.alloc(bytes.length - 4096)])],
  ['truncated', (bytes) => bytes.subarray(0, Math.floor(bytes.length / 2))],
  [
    'a value that is not JSON',
    (bytes) => Buffer.from(bytes.toString('latin1').replaceAll('{"n":7', '<"n":7'), 'latin1'),
  ],
])('a damaged file (%s) is moved aside and reported, and the bus works', async (_what, spoil) => {
  const bytes = spoil(await fill());
  await writeFile(path, bytes);
  const { log, lines } = createLogLines();
  const bus = open(log);
  expect(bus.problems.map(({ subject }) => subject)).toEqual([path]);
  expect(lines).toEqual(['error bus file was damaged and moved aside']);
  expect((await stat(`${path}.damaged`)).size).toBe(bytes.length);
  expect((await bus.put('k', 1, 0)).ok).toBe(true);
  await bus.close();
  const again = open();
  expect(again.problems).toEqual([]);
  expect((await again.get('k'))?.value).toBe(1);
});

test('an empty file is treated as a new one', async () => {
  await open().close();
  await writeFile(path, '');
  const bus = open();
  expect(bus.problems).toEqual([]);
  expect((await bus.put('k', 1)).ok).toBe(true);
});

test('opening fails with the reason for a file of a later version, which stays unchanged, and for an unusable path', async () => {
  await open().close();
  const database = new DatabaseSync(path);
  database.exec('PRAGMA user_version = 99');
  database.close();
  expect(() => open()).toThrow(path);
  expect(() => open()).toThrow(
    expect.objectContaining({ cause: expect.objectContaining({ message: expect.stringContaining('format 99') }) }),
  );
  expect((await stat(path)).size).toBeGreaterThan(0);
  await writeFile(join(dir, 'file'), '');
  path = join(dir, 'file', 'bus.db');
  expect(() => open()).toThrow('cannot open the bus file');
});

test('a watch yields what another process writes, and compare-and-set works across processes', async () => {
  const [a, b] = [open(), open()];
  const ended = new AbortController();
  resources.add('watch', () => ended.abort());
  const seen = new Map<string, unknown>();
  const watching = (async () => {
    for await (const batch of b.watch(ended.signal))
      for (const [key, document] of batch.documents) seen.set(key, document?.value);
  })();
  const put = await a.put('k', 'from a', 0);
  expect(await b.put('k', 'from b', 0)).toEqual({
    ok: false,
    current: { value: 'from a', revision: put.ok && put.revision },
  });
  await poll(() => seen.get('k') === 'from a', { what: 'the document' });
  await a.delete('k');
  await poll(() => seen.has('k') && seen.get('k') === undefined, { what: 'its end' });
  ended.abort();
  await watching;
});

test('a failed write rejects and shows in the status until a write succeeds', async () => {
  const bus = open();
  await bus.put('k', 1);
  const other = new DatabaseSync(path);
  other.exec("CREATE TRIGGER refuse BEFORE INSERT ON document BEGIN SELECT RAISE(ABORT, 'disk is full'); END");
  await expect(bus.put('k', 2)).rejects.toThrow('disk is full');
  expect(bus.status()).toMatchObject({ connected: false, problem: 'disk is full' });
  expect((await bus.list('k')).get('k')?.value).toBe(1);
  other.exec('DROP TRIGGER refuse');
  other.close();
  expect((await bus.put('k', 3)).ok).toBe(true);
  expect(bus.status()).toMatchObject({ connected: true, problem: null });
});
