import { dirname, resolve } from 'node:path';
import { ENV_FILE } from './files/include.ts';
import type { ManifestFile, ManifestOptions } from './files/manifest.ts';
import { wantedFiles } from './parse-manifests.ts';
import { readText } from './read-text.ts';

/** A manifest with the texts of the files that it refers to. */
export type AttachedManifest = ManifestFile & Required<Pick<ManifestFile, 'attached'>>;

/** What manifests that refer to other files contain, besides variables. The others are not parsed for this, as it is done often. */
const REFERENCE = /\b(metadata_file|extends|include)\b/;

/**
 * Reads the files that manifests refer to, relative to their folders, and the files that those refer to. Unreadable ones are left out;
 * `parseManifests` reports them.
 */
export async function readAttachedFiles(
  files: readonly ManifestFile[],
  options: ManifestOptions = {},
): Promise<readonly AttachedManifest[]> {
  let done = files.map((file) => ({ ...file, attached: {} as Readonly<Record<string, string>> }));
  const isAlone = files.every(({ text }) => !REFERENCE.test(text));
  const tried = files.map(() => new Set<string>());
  for (;;) {
    const named = isAlone ? files.map((_, index) => (index === 0 ? [ENV_FILE] : [])) : wantedFiles(done, options);
    const wanted = named.map((names, index) => [...names].filter((name) => !tried[index]?.has(name)));
    if (wanted.every((names) => names.length === 0)) return done;
    done = await Promise.all(
      done.map(async (file, index) => ({
        ...file,
        attached: { ...file.attached, ...(await readAll(file, wanted[index])) },
      })),
    );
    for (const [index, names] of wanted.entries()) for (const name of names) tried[index]?.add(name);
  }
}

async function readAll({ path }: ManifestFile, names: readonly string[] = []): Promise<Record<string, string>> {
  const texts = await Promise.all(
    names.map(async (name) => [name, await readText(resolve(dirname(path), name))] as const),
  );
  return Object.fromEntries(texts.flatMap(([name, read]) => (read.ok ? [[name, read.text]] : [])));
}
