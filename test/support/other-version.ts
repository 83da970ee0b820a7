import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Resources } from './resources.ts';

const LEFT_OUT: readonly string[] = ['node_modules', 'test', 'bench', 'demo', 'docs'];

/** Copies this program under another version; gives the path of its `drover`. */
export async function copyAsVersion(resources: Resources, version: string): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'drover-version-'));
  resources.add(`version ${version}`, () => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  const names = (await readdir('.')).filter((name) => !name.startsWith('.') && !LEFT_OUT.includes(name));
  for (const name of names) await cp(name, join(dir, name), { recursive: true });
  await symlink(resolve('node_modules'), join(dir, 'node_modules'));
  const manifest = join(dir, 'package.json');
  const settings = JSON.parse(await readFile(manifest, 'utf8')) as object;
  await writeFile(manifest, JSON.stringify({ ...settings, version }));
  return join(dir, 'bin/drover');
}
