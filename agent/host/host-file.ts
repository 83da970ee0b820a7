import { readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

const MOST_LINKS = 40;

/** Reads a file of the host whose file system is mounted at `root`. Links, also absolute ones, lead to files below `root`. */
export async function readHostFile(root: string, path: string): Promise<string> {
  return readFile(root === '/' ? path : await resolveBelow(root, path), 'utf8');
}

async function resolveBelow(root: string, path: string): Promise<string> {
  let rest = path.split('/');
  let resolved: readonly string[] = [];
  for (let links = 0; rest.length > 0; ) {
    const [name = '', ...others] = rest;
    rest = others;
    if (name === '' || name === '.') continue;
    if (name === '..') {
      resolved = resolved.slice(0, -1);
      continue;
    }
    const target = await readlink(join(root, ...resolved, name)).catch(() => null);
    if (target === null) {
      resolved = [...resolved, name];
      continue;
    }
    links += 1;
    if (links > MOST_LINKS) throw new Error(`${path} below ${root}: too many symbolic links`);
    if (target.startsWith('/')) resolved = [];
    rest = [...target.split('/'), ...rest];
  }
  return join(root, ...resolved);
}
