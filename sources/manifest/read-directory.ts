import { lstat, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ManifestFile } from './files/manifest.ts';
import { readAttachedFiles } from './read-attached.ts';
import { readText } from './read-text.ts';

/** Files that are read together: one file, or a folder of a stack's files. */
export interface ManifestUnit {
  /** Name in the directory: `shop.yml`, or the folder `shop`. */
  readonly name: string;
  /** The folder's name; null for a file, which names its stack itself. */
  readonly stack: string | null;
  /** In the order in which they are merged. */
  readonly files: readonly ManifestFile[];
}

/** The files of a directory, sorted by name; null if the directory does not exist, which is not the same as empty. */
export async function readDirectory(dir: string): Promise<readonly ManifestUnit[] | null> {
  const entries = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (entries === null) return null;
  const names = entries.filter((name) => !name.startsWith('.'));
  return (await Promise.all(names.sort().map((name) => readUnit(dir, name)))).flatMap((unit) => unit ?? []);
}

async function readUnit(dir: string, name: string): Promise<ManifestUnit | null> {
  const path = join(dir, name);
  const stats = await stat(path).catch((error: NodeJS.ErrnoException) => error);
  if (isManifest(name) && (stats instanceof Error || !stats.isDirectory())) {
    const file = await readManifest(path);
    return file && { name, stack: null, files: await readAttachedFiles([file]) };
  }
  if (stats instanceof Error)
    return (await isThere(path)) ? { name, stack: name, files: [unreadable(path, stats)] } : null;
  if (!stats.isDirectory()) return null;
  const names = await readdir(path).catch((error: NodeJS.ErrnoException) => error);
  if (names instanceof Error) return { name, stack: name, files: [unreadable(path, names)] };
  const files = await Promise.all(
    names
      .filter(isManifest)
      .sort(byStem)
      .map((file) => readManifest(join(path, file))),
  );
  return {
    name,
    stack: name,
    files: await readTogether(
      files.flatMap((file) => file ?? []),
      name,
    ),
  };
}

/** A file that another file refers to is not a manifest of its own. */
async function readTogether(files: readonly ManifestFile[], stack: string): Promise<readonly ManifestFile[]> {
  const read = await readAttachedFiles(files, { stack });
  const referred = new Set(read.flatMap((file) => Object.keys(file.attached)));
  const own = files.filter(({ path }) => !referred.has(basename(path)));
  return own.length === files.length ? read : readAttachedFiles(own, { stack });
}

/** Null if the file was removed after its folder was listed. */
async function readManifest(path: string): Promise<ManifestFile | null> {
  const read = await readText(path);
  if (read.ok) return { path, text: read.text };
  // A link to a missing file is there, and its services are not removed.
  if (read.isMissing && !(await isThere(path))) return null;
  return { path, text: '', fault: read.fault };
}

function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

function unreadable(path: string, { code }: NodeJS.ErrnoException): ManifestFile {
  const fault = { what: `cannot be read (${code})`, hint: 'make it a directory that the agent may read' };
  return { path, text: '', fault };
}

function isManifest(name: string): boolean {
  return !name.startsWith('.') && /\.ya?ml$/.test(name);
}

/** `docker-compose.yml` before `docker-compose.override.yml`. */
function byStem(a: string, b: string): number {
  const [stemA, stemB] = [a, b].map((name) => name.replace(/\.ya?ml$/, ''));
  return (stemA ?? '') < (stemB ?? '') ? -1 : 1;
}
