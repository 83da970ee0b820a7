import { lstat, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { ManifestFile } from './files/manifest.ts';
import { type AttachedManifest, readAttachedFiles } from './read-attached.ts';
import { type ReadFile, type ReadText, readText } from './read-text.ts';

/** Files that are read together: one file, or a folder of a stack's files. */
export interface ManifestUnit {
  /** Name in the directory: `shop.yml`, or the folder `shop`. */
  readonly name: string;
  /** The folder's name; null for a file, which names its stack itself. */
  readonly stack: string | null;
  /** In the order in which they are merged. */
  readonly files: readonly ManifestFile[];
}

/** What the directory has under a name. */
interface Listing {
  readonly stack: string | null;
  /** The manifests, in the order in which they are merged. */
  readonly paths: readonly string[];
  /** The folder, if it cannot be listed. */
  readonly unreadable: readonly ManifestFile[];
}

/** A unit, and everything that it was made of. */
interface Reading {
  readonly unit: ManifestUnit;
  readonly listing: Listing;
  /** All files that were read, by path. */
  readonly texts: ReadonlyMap<string, ReadText>;
}

/**
 * Returns a function that reads the files of a directory, sorted by name. It returns null if the directory does not exist, which is
 * not the same as empty. A unit that did not change is the same object each time, and is not parsed again.
 */
export function createDirectoryReader(dir: string): () => Promise<readonly ManifestUnit[] | null> {
  let known: ReadonlyMap<string, Reading> = new Map();
  return async () => {
    const entries = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    if (entries === null) return null;
    const names = entries.filter((name) => !name.startsWith('.')).sort();
    const readings = await Promise.all(names.map((name) => readUnit(dir, name, known.get(name))));
    known = new Map(readings.flatMap((reading) => (reading ? [[reading.unit.name, reading]] : [])));
    return [...known.values()].map(({ unit }) => unit);
  };
}

/** Null if there is no unit of this name. */
async function readUnit(dir: string, name: string, before: Reading | undefined): Promise<Reading | null> {
  const listing = await listUnit(dir, name);
  if (!listing) return null;
  const last = before && isDeepStrictEqual(before.listing, listing) ? before : null;
  const now = await readTexts(last ? [...last.texts.keys()] : []);
  if (last && isDeepStrictEqual(last.texts, now)) return last;
  const texts = new Map<string, ReadText>();
  const read: ReadFile = async (path) => {
    const text = texts.get(path) ?? now.get(path) ?? (await readText(path));
    texts.set(path, text);
    return text;
  };
  const manifests = await Promise.all(listing.paths.map((path) => readManifest(path, read)));
  const together = await readTogether(
    manifests.flatMap((file) => file ?? []),
    listing.stack,
    read,
  );
  return { unit: { name, stack: listing.stack, files: [...listing.unreadable, ...together] }, listing, texts };
}

async function listUnit(dir: string, name: string): Promise<Listing | null> {
  const path = join(dir, name);
  const unreadable = (error: NodeJS.ErrnoException): Listing => {
    const fault = { what: `cannot be read (${error.code})`, hint: 'make it a directory that the agent may read' };
    return { stack: name, paths: [], unreadable: [{ path, text: '', fault }] };
  };
  // Also a folder of this name: Docker creates one in place of a file that is mounted and missing.
  if (isManifest(name)) return { stack: null, paths: [path], unreadable: [] };
  const stats = await stat(path).catch((error: NodeJS.ErrnoException) => error);
  if (stats instanceof Error) return (await isThere(path)) ? unreadable(stats) : null;
  if (!stats.isDirectory()) return null;
  const names = await readdir(path).catch((error: NodeJS.ErrnoException) => error);
  if (names instanceof Error) return unreadable(names);
  const manifests = names.filter(isManifest).sort(byStem);
  return { stack: name, paths: manifests.map((file) => join(path, file)), unreadable: [] };
}

async function readTexts(paths: readonly string[]): Promise<ReadonlyMap<string, ReadText>> {
  return new Map(await Promise.all(paths.map(async (path) => [path, await readText(path)] as const)));
}

/** A file that another file refers to is not a manifest of its own. */
async function readTogether(
  files: readonly ManifestFile[],
  folder: string | null,
  read: ReadFile,
): Promise<readonly ManifestFile[]> {
  const options = folder === null ? {} : { stack: folder };
  const each = (await Promise.all(files.map((file) => readAttachedFiles([file], options, read)))).flat();
  if (each.length === 1) return each;
  // Files that refer to each other in a circle are kept, so that the circle is reported.
  const own = notReferredTo(each, notReferredTo(each, each));
  return readAttachedFiles(own, options, read);
}

function notReferredTo(
  files: readonly AttachedManifest[],
  by: readonly AttachedManifest[],
): readonly AttachedManifest[] {
  return files.filter(
    ({ path }) => !by.some((other) => other.path !== path && Object.hasOwn(other.attached, basename(path))),
  );
}

/** Null if the file was removed after its folder was listed. */
async function readManifest(path: string, readFile: ReadFile): Promise<ManifestFile | null> {
  const read = await readFile(path);
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

function isManifest(name: string): boolean {
  return !name.startsWith('.') && /\.ya?ml$/.test(name);
}

/** `docker-compose.yml` before `docker-compose.override.yml`. */
function byStem(a: string, b: string): number {
  const [stemA, stemB] = [a, b].map((name) => name.replace(/\.ya?ml$/, ''));
  return (stemA ?? '') < (stemB ?? '') ? -1 : 1;
}
