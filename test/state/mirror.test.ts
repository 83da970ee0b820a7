import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { JsonValue } from '../../model/index.ts';
import { type Mirror, openMirror, readMirror, type SavedPicture } from '../../state/index.ts';
import { createResources, type Resources } from '../support/resources.ts';
import { environment, factMap } from './facts.ts';

const options = { environment, hostId: 'self' };
let resources: Resources;
let dir: string;
let path: string;

beforeEach(async () => {
  resources = createResources();
  dir = await mkdtemp(join(tmpdir(), 'drover-state-'));
  path = join(dir, 'mirror.db');
  resources.add(dir, () => rm(dir, { recursive: true }));
});
afterEach(() => resources.close());

function open(): Mirror {
  const mirror = openMirror(path);
  resources.add('mirror', () => mirror.close());
  return mirror;
}

describe('openMirror()', () => {
  const picture = (facts: Readonly<Record<string, unknown>>) => ({
    hosts: new Map([['a', factMap(facts)]]),
    documents: new Map<string, JsonValue>([['service/s/w', { any: 1 }]]),
    complete: true,
  });
  const saved = (facts: Readonly<Record<string, unknown>>): SavedPicture => ({
    ...options,
    revision: 7,
    picture: picture(facts),
    savedAtMs: 1234.5,
  });

  test('loads what was saved, also for another reader at the same time', () => {
    const mirror = open();
    expect(mirror.load()).toBeNull();
    mirror.save(saved({ x: 1, y: { deep: [null, 'ü'] } }));
    mirror.save(saved({ y: { deep: [null, 'ü'] }, z: 3 }));
    expect(readMirror(path)).toEqual({ saved: saved({ y: { deep: [null, 'ü'] }, z: 3 }), problem: null });
    mirror.close();
    mirror.close();
    expect(open().load()).toEqual(saved({ y: { deep: [null, 'ü'] }, z: 3 }));
  });

  test('writes changes and nothing else', () => {
    const mirror = open();
    const facts = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`container/${n}`, { n }]));
    mirror.save(saved(facts));
    const witness = new DatabaseSync(path);
    resources.add('witness', () => witness.close());
    witness.exec(`CREATE TABLE touched (key TEXT);
      CREATE TRIGGER t1 AFTER INSERT ON fact BEGIN INSERT INTO touched VALUES (new.key); END;
      CREATE TRIGGER t2 AFTER DELETE ON fact BEGIN INSERT INTO touched VALUES (old.key); END`);
    mirror.save(saved({ ...facts, 'container/7': { n: 'new' } }));
    expect(witness.prepare('SELECT DISTINCT key FROM touched').all()).toEqual([{ key: 'container/7' }]);
  });

  test('a mirror that was not loaded is written completely', () => {
    const first = open();
    first.save({ ...saved({ x: 1, y: 2 }), hostId: 'other' });
    first.close();
    open().save(saved({ y: 3 }));
    expect(readMirror(path).saved).toEqual(saved({ y: 3 }));
  });

  const page = 4096;
  const damage: readonly [string, (bytes: Buffer) => Buffer][] = [
    ['noise', () => Buffer.from(Array.from({ length: 20_000 }, (_, n) => (n * 7919) % 251))],
    ['a broken head', (bytes) => Buffer.concat([Buffer.alloc(100, 0xff), bytes.subarray(100)])],
    ['pages of zeros', (bytes) => Buffer.concat([bytes.subarray(0, page), Buffer.alloc(bytes.length - page)])],
    ['half a file', (bytes) => bytes.subarray(0, Math.floor(bytes.length / 2))],
    [
      'values that are no JSON',
      (bytes) => Buffer.from(bytes.toString('latin1').replaceAll('{"n":', '<"n":'), 'latin1'),
    ],
  ];

  test.each(damage)('%s: moved aside with a problem, and a new one is begun', async (_what, spoil) => {
    const facts = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`container/${n}`, { n }]));
    const first = open();
    first.save(saved(facts));
    first.close();
    const bytes = spoil(await readFile(path));
    await writeFile(path, bytes);
    expect(readMirror(path)).toEqual({ saved: null, problem: expect.objectContaining({ subject: path }) });
    const mirror = open();
    expect(mirror.load()).toBeNull();
    expect(mirror.problems().map(({ subject }) => subject)).toEqual([path]);
    expect((await stat(`${path}.damaged`)).size).toBe(bytes.length);
    mirror.save(saved(facts));
    mirror.close();
    expect(open().load()).toEqual(saved(facts));
  });

  test('a format of another version is moved aside too', () => {
    const database = new DatabaseSync(path);
    database.exec('PRAGMA user_version = 99');
    database.close();
    const mirror = open();
    expect(mirror.load()).toBeNull();
    expect(mirror.problems()[0]?.what).toContain('format 99');
  });

  test('a file that is damaged while in use is replaced and written completely', async () => {
    const mirror = open();
    const facts = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`container/${n}`, { n }]));
    mirror.save(saved(facts));
    const witness = new DatabaseSync(path);
    witness.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    witness.close();
    await writeFile(path, Buffer.alloc((await stat(path)).size, 0x5a));
    mirror.save(saved({ ...facts, 'container/3': 'new' }));
    expect(mirror.problems()).toHaveLength(1);
    expect(readMirror(path).saved).toEqual(saved({ ...facts, 'container/3': 'new' }));
  });

  test('a path that cannot be written is a problem, not a crash', async () => {
    await writeFile(join(dir, 'file'), '');
    const mirror = openMirror(join(dir, 'file', 'mirror.db'));
    expect(mirror.load()).toBeNull();
    expect(mirror.problems()).toHaveLength(1);
    expect(() => mirror.save(saved({}))).toThrow();
    mirror.close();
    await chmod(join(dir, 'file'), 0o600);
    expect(readMirror(join(dir, 'none.db'))).toEqual({ saved: null, problem: null });
  });
});
