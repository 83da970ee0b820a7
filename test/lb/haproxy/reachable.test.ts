import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { isReachable } from '../../../lb/haproxy/reachable.ts';

test('isReachable() is true if every directory on the path lets other users through', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'drover-reachable-'));
  onTestFinished(() => rm(parent, { recursive: true }));
  const directory = join(parent, 'lb');
  await mkdir(directory, { mode: 0o711 });
  expect(await isReachable(directory)).toBe(false);
  await chmod(parent, 0o711);
  expect(await isReachable(directory)).toBe(true);
  await chmod(directory, 0o700);
  expect(await isReachable(directory)).toBe(false);
});
