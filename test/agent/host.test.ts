import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { environmentOf } from '../../agent/config/environment.ts';
import { ensureHostId, readHostId } from '../../agent/host/host-id.ts';
import { nameserversOf, readHostResolvers } from '../../agent/host/host-resolvers.ts';
import { createLog } from '../../system/index.ts';

const log = createLog('test', { level: 'silent', format: 'json' });
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'drover-host-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

test('the host id is made once, also by several processes at a time, and kept', async () => {
  const ids = await Promise.all(Array.from({ length: 8 }, () => ensureHostId(log, dir)));
  expect(new Set(ids).size).toBe(1);
  expect(await ensureHostId(log, dir)).toBe(ids[0]);
  expect(await readHostId(dir)).toBe(ids[0]);
});

test('a host id that is not a UUID is moved aside, and a new one is made', async () => {
  await writeFile(join(dir, 'host-id'), 'half');
  expect(await ensureHostId(log, dir)).toMatch(/^[0-9a-f-]{36}$/);
  expect(await readFile(join(dir, 'host-id.damaged'), 'utf8')).toBe('half');
});

test('reading the host id changes nothing', async () => {
  expect(await readHostId(join(dir, 'none'))).toBeNull();
});

test('the UUID of an environment depends on its name only', () => {
  const { uuid } = environmentOf({ environment: 'default', suffixes: ['a.'] });
  expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(environmentOf({ environment: 'default', suffixes: ['b.'] }).uuid).toBe(uuid);
  expect(environmentOf({ environment: 'other', suffixes: ['a.'] }).uuid).not.toBe(uuid);
});

test("Q29: only the host's resolvers that are reachable from a namespace are used: no stub, not Drover itself", async () => {
  const stub = join(dir, 'stub');
  const real = join(dir, 'real');
  await writeFile(stub, 'nameserver 127.0.0.53\nnameserver 169.254.169.250\n');
  await writeFile(
    real,
    '# uplinks\nnameserver 192.0.2.53\nnameserver 2001:db8::53\nnameserver 192.0.2.53\nnameserver nonsense\n',
  );
  expect(await readHostResolvers(['169.254.169.250'], { files: [stub, real] })).toEqual(['192.0.2.53', '2001:db8::53']);
  expect(await readHostResolvers([], { files: [join(dir, 'none')] })).toEqual([]);
  expect(nameserversOf('search a\n  nameserver\t10.0.0.1 # x\n#nameserver 10.0.0.2')).toEqual(['10.0.0.1']);
});
