import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';

/** What installation and tools put into a checkout, from its root. */
const NOT_OURS = new Set(['.git', '.tools', 'node_modules', 'coverage', join('dns', 'native', 'build')]);

/** Every file of the checkout but those that installation brings; paths from its root. */
export function checkoutFiles(folder = '.'): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (NOT_OURS.has(path)) return [];
    return entry.isDirectory() ? checkoutFiles(path) : [path];
  });
}

/** Files that git neither tracks nor ignores; none where this is no git checkout. */
export async function foreignFiles(): Promise<readonly string[]> {
  const { stdout, failed } = await execa('git', ['ls-files', '--others', '--exclude-standard'], { reject: false });
  return failed ? [] : stdout.split('\n').filter((file) => file !== '');
}
