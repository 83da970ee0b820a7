import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { attachedNames } from './files/attached.ts';
import type { ManifestFile, ManifestOptions } from './files/manifest.ts';

/** Larger files are not accepted. */
const MAX_BYTES = 2e6;

/** Reads the files that a manifest refers to, relative to its folder. Unreadable ones are left out; `parseManifests` reports them. */
export async function readAttachedFiles(
  file: ManifestFile,
  options: ManifestOptions = {},
): Promise<Required<ManifestFile>> {
  const attached: Record<string, string> = {};
  for (const name of attachedNames(file, options)) {
    const text = await readRegular(resolve(dirname(file.path), name));
    if (text !== null) attached[name] = text;
  }
  return { ...file, attached };
}

/** Only regular files: reading a device or a pipe may never end. */
async function readRegular(path: string): Promise<string | null> {
  try {
    const stats = await stat(path);
    return stats.isFile() && stats.size <= MAX_BYTES ? await readFile(path, 'utf8') : null;
  } catch {
    return null;
  }
}
