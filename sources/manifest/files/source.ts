import { posix } from 'node:path';
import { type FileDocument, readDocuments } from './documents.ts';
import type { ManifestFile } from './manifest.ts';

/** A text and the folder that it is in. */
export interface ManifestSource {
  readonly path: string;
  readonly text: string;
  /** Why it cannot be read; it has no text then. */
  readonly fault: ManifestFile['fault'];
  readonly folder: Folder;
  /** Its documents as a manifest, read once. */
  documents(): readonly FileDocument[];
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
  const opened = new Map<string, ManifestSource>();
  const open = (name: string): ManifestSource | null => {
    const before = opened.get(name);
    if (before) return before;
    const content = Object.hasOwn(attached, name) ? attached[name] : undefined;
    if (content === undefined) {
      onMissing(name);
      return null;
    }
    const source = withDocuments({
      path: join(above, name),
      text: content,
      fault: undefined,
      folder: folderAt(posix.dirname(name)),
    });
    opened.set(name, source);
    return source;
  };
  const folderAt = (folder: string): Folder => ({
    open: (name) => open(join(folder, name)),
    enter: (name) => folderAt(join(folder, name)),
  });
  return withDocuments({ path, text, fault, folder: folderAt('.') });
}

function join(from: string, name: string): string {
  return posix.isAbsolute(name) ? posix.normalize(name) : posix.join(from, name);
}

function withDocuments(source: Omit<ManifestSource, 'documents'>): ManifestSource {
  let read: readonly FileDocument[] | null = null;
  return {
    ...source,
    documents: () => {
      read ??= readDocuments(source.text);
      return read;
    },
  };
}
