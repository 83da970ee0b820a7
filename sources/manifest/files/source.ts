import { posix } from 'node:path';
import type { ManifestFile } from './manifest.ts';

/** A text and the folder that it is in. */
export interface ManifestSource {
  readonly path: string;
  readonly text: string;
  /** Why it cannot be read; it has no text then. */
  readonly fault: ManifestFile['fault'];
  readonly folder: Folder;
}

/** A folder with the files that a manifest names. */
export interface Folder {
  /** A file, by its path from here; null if it cannot be read. */
  open(name: string): ManifestSource | null;
  enter(name: string): Folder;
}

/** The source of a manifest; `onMissing` gets the names, from the folder of the manifest, of files that are not attached to it. */
export function sourceOf(file: ManifestFile, onMissing: (name: string) => void): ManifestSource {
  const { path, text, attached = {}, fault } = file;
  const above = posix.dirname(path);
  const join = (from: string, name: string) =>
    posix.isAbsolute(name) ? posix.normalize(name) : posix.join(from, name);
  const folderAt = (folder: string): Folder => ({
    open: (name) => {
      const inner = join(folder, name);
      if (Object.hasOwn(attached, inner)) {
        const opened = { path: join(above, inner), text: attached[inner] ?? '', fault: undefined };
        return { ...opened, folder: folderAt(posix.dirname(inner)) };
      }
      onMissing(inner);
      return null;
    },
    enter: (name) => folderAt(join(folder, name)),
  });
  return { path, text, fault, folder: folderAt('.') };
}
