import { dirname, resolve } from 'node:path';
import { attachedNames } from './files/attached.ts';
import type { ManifestFile, ManifestOptions } from './files/manifest.ts';
import { readText } from './read-text.ts';

/** A manifest with the texts of the files that it refers to. */
export type AttachedManifest = ManifestFile & Required<Pick<ManifestFile, 'attached'>>;

/** Reads the files that a manifest refers to, relative to its folder. Unreadable ones are left out; `parseManifests` reports them. */
export async function readAttachedFiles(file: ManifestFile, options: ManifestOptions = {}): Promise<AttachedManifest> {
  const attached: Record<string, string> = {};
  for (const name of attachedNames(file, options)) {
    const read = await readText(resolve(dirname(file.path), name));
    if (read.ok) attached[name] = read.text;
  }
  return { ...file, attached };
}
