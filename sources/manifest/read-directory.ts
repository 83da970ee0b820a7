import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Problem } from '../../model/index.ts';
import type { ManifestFile } from './files/manifest.ts';
import { readAttachedFiles } from './read-attached.ts';

/** Files that are read together: one file, or a folder of a stack's files. */
export interface ManifestUnit {
  /** Name in the directory: `shop.yml`, or the folder `shop`. */
  readonly name: string;
  /** The folder's name; null for a file, which names its stack itself. */
  readonly stack: string | null;
  /** In the order in which they are merged. */
  readonly files: readonly ManifestFile[];
  /** Problems of files that cannot be read. */
  readonly problems: readonly Problem[];
}

/** The files of a directory, sorted by name; null if the directory does not exist, which is not the same as empty. */
export async function readDirectory(dir: string): Promise<readonly ManifestUnit[] | null> {
  const entries = await readdir(dir, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (entries === null) return null;
  const names = entries.map(({ name }) => name).filter((name) => !name.startsWith('.'));
  return (await Promise.all(names.sort().map((name) => readUnit(dir, name)))).flatMap((unit) => unit ?? []);
}

async function readUnit(dir: string, name: string): Promise<ManifestUnit | null> {
  const path = join(dir, name);
  try {
    if ((await stat(path)).isDirectory()) {
      const names = (await readdir(path)).filter(isManifest).sort(byStem);
      return { name, stack: name, ...(await readFiles(names.map((file) => join(path, file)))) };
    }
    return isManifest(name) ? { name, stack: null, ...(await readFiles([path])) } : null;
  } catch (error) {
    // removed after the directory was listed
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    return { name, stack: null, files: [], problems: [unreadable(path, error)] };
  }
}

async function readFiles(paths: readonly string[]): Promise<Pick<ManifestUnit, 'files' | 'problems'>> {
  const files: ManifestFile[] = [];
  const problems: Problem[] = [];
  for (const path of paths) {
    try {
      files.push(await readAttachedFiles({ path, text: await readFile(path, 'utf8') }));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw error;
      problems.push(unreadable(path, error));
    }
  }
  return { files, problems };
}

function unreadable(path: string, error: unknown): Problem {
  const { code } = error as NodeJS.ErrnoException;
  return { subject: path, what: `cannot be read (${code})`, hint: 'make it a file that the agent may read' };
}

function isManifest(name: string): boolean {
  return !name.startsWith('.') && /\.ya?ml$/.test(name);
}

/** `docker-compose.yml` before `docker-compose.override.yml`. */
function byStem(a: string, b: string): number {
  const [stemA, stemB] = [a, b].map((name) => name.replace(/\.ya?ml$/, ''));
  return (stemA ?? '') < (stemB ?? '') ? -1 : 1;
}
