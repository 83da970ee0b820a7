import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { formatProblem, type Result } from '../../../model/index.ts';
import { createKeyFile, type KeyPair } from '../../../overlay/keys/key-file.ts';
import { ed25519Keys, wireguardKeys } from '../../../overlay/keys/key-kinds.ts';
import { runCommand } from '../../../system/index.ts';

let dataDir = '';
const path = () => join(dataDir, 'overlay', 'wireguard-0.key');
const file = () => createKeyFile({ path: path(), kind: wireguardKeys });

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'drover-keys-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

function pairOf(result: Result<KeyPair>): KeyPair {
  if (!result.ok) throw new Error(formatProblem(result.problem));
  return result.value;
}
const problemOf = (result: Result<KeyPair>) => (result.ok ? 'no problem' : formatProblem(result.problem));

test('read() makes a key that only this user can read, and gives the same key from then on', async () => {
  const made = pairOf(await file().read());
  expect([(await stat(path())).mode & 0o777, (await stat(join(dataDir, 'overlay'))).mode & 0o777]).toEqual([
    0o600, 0o700,
  ]);
  expect(pairOf(await file().read())).toEqual(made);
  expect(await readFile(path(), 'utf8')).toBe(made.privateKey);
  // `wg` derives the same public key.
  const wg = resolve('.tools/overlay/bin/wg');
  expect(await runCommand(wg, ['pubkey'], { input: made.privateKey })).toBe(made.publicKey);
});

test('read() gives concurrent callers one key', async () => {
  const one = file();
  const pairs = await Promise.all([one.read(), one.read(), one.read()]);
  expect(new Set(pairs.map((pair) => pairOf(pair).publicKey)).size).toBe(1);
});

test('renew() replaces the key, and leaves no other file', async () => {
  const one = file();
  const before = pairOf(await one.read());
  const after = pairOf(await one.renew());
  expect(after.publicKey).not.toBe(before.publicKey);
  expect(pairOf(await one.read())).toEqual(after);
  expect(await readdir(join(dataDir, 'overlay'))).toEqual(['wireguard-0.key']);
  expect((await stat(path())).mode & 0o777).toBe(0o600);
});

test('an Ed25519 key is kept as PEM', async () => {
  const one = createKeyFile({ path: join(dataDir, 'overlay', 'ipsec.key'), kind: ed25519Keys });
  const pair = pairOf(await one.read());
  expect(pair.privateKey).toMatch(/^-----BEGIN PRIVATE KEY-----/);
  // The DER form of an Ed25519 key has a fixed beginning [RFC 8410 §4].
  expect(Buffer.from(pair.publicKey, 'base64').toString('hex')).toMatch(/^302a300506032b6570032100[0-9a-f]{64}$/);
  expect(wireguardKeys.publicKeyOf(pair.privateKey)).toBeNull();
});

const FAULTS: readonly (readonly [string, () => Promise<unknown>, RegExp])[] = [
  ['others can read', () => chmod(path(), 0o640), /other users have rights to it \(mode 640\); run `chmod 600 \S+key`/],
  ['another user owns', () => chown(path(), 1234, 0), /belongs to user 1234, not to user 0; run `chown 0 \S+key`/],
  ['is empty', () => writeFile(path(), ''), /does not hold a WireGuard key; restore the file, or remove it/],
  ['is too short', () => writeFile(path(), 'AAAA\n'), /does not hold a WireGuard key/],
  ['lies in a directory for all', () => chmod(join(dataDir, 'overlay'), 0o755), /\(mode 755\); run `chmod 700 \S+y`/],
];

test.each(FAULTS)('a file that %s is refused and not changed', async (_title, damage, message) => {
  await file().read();
  await damage();
  const content = await readFile(path(), 'utf8');
  expect(problemOf(await file().read())).toMatch(message);
  expect(await readFile(path(), 'utf8')).toBe(content);
});

test('a link and a FIFO in place of the file are refused', async () => {
  await mkdir(join(dataDir, 'overlay'), { mode: 0o700 });
  await writeFile(join(dataDir, 'other'), wireguardKeys.generate(), { mode: 0o600 });
  await symlink(join(dataDir, 'other'), path());
  expect(problemOf(await file().read())).toMatch(/is not a file; remove/);
  await rm(path());
  await runCommand('mkfifo', [path()]);
  expect(problemOf(await file().read())).toMatch(/is not a file; remove/);
});
