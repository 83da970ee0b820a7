import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { formatProblem } from '../../../model/index.ts';
import { createSecretCredential } from '../../../overlay/ipsec/charon/credential.ts';

let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'drover-secret-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function read(content: string | null, mode = 0o600) {
  const path = join(dir, 'secret');
  await rm(path, { force: true });
  if (content !== null) await writeFile(path, content);
  if (content !== null) await chmod(path, mode);
  const found = await createSecretCredential(path).read();
  return found.ok ? found.value : formatProblem(found.problem).replace(dir, 'DIR');
}

const GOOD = 'a'.repeat(32);

test('a shared secret is the text of its file without white space around it, and is not published', async () => {
  const found = await read(`${GOOD}\n`);
  expect(found).toMatchObject({ secret: GOOD, publicKey: 'shared-secret' });
  expect(JSON.stringify({ ...(found as object), secret: '' })).not.toContain(GOOD);
  expect(await read(GOOD)).toEqual(found);
  expect(await read('b'.repeat(32))).not.toMatchObject({ id: (found as { id: string }).id });
});

test('a secret that is short, missing or open to others is refused', async () => {
  const hint = 'write the same secret of at least 32 bytes on all hosts, with mode 600';
  expect(await read('short')).toBe(`shared secret DIR/secret: has 5 bytes only; ${hint}`);
  expect(await read(null)).toBe(`shared secret DIR/secret: there is no such file; ${hint}`);
  expect(await read(GOOD, 0o644)).toMatch(/other users have rights to it \(mode 644\); run `chmod 600 /);
});
