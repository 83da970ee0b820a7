import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import type { Resources } from './resources.ts';

const ARCHIVE = resolve('test/fixtures/previous-version.tar.gz');

/** Unpacks the program of the version before, with today's npm packages; gives the path of its `drover`. */
export async function unpackPreviousVersion(resources: Resources): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'drover-previous-'));
  resources.add('previous version', () => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  await execa('tar', ['-xzf', ARCHIVE, '-C', dir]);
  await symlink(resolve('node_modules'), join(dir, 'node_modules'));
  await execa(join(dir, 'dns/native/compile'), ['--if-possible']);
  return join(dir, 'bin/drover');
}
