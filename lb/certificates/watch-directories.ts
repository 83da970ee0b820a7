import { type FSWatcher, statSync, watch } from 'node:fs';

/** Calls back when something in one of several directories changes. */
export interface DirectoryWatch {
  /** Watches these directories and no others; missing ones are left out. Gives whether it was not watching one of them before. */
  follow(paths: readonly string[]): boolean;
  isWatching(): boolean;
  close(): void;
}

/** Old kernels allow 8192 watches for all programs of a user together. */
const MAX_WATCHES = 1024;

export function createDirectoryWatch(onChange: () => void): DirectoryWatch {
  /** By path and inode: a directory that was replaced is another one. */
  const watchers = new Map<string, FSWatcher>();
  const leave = (key: string): void => {
    watchers.get(key)?.close();
    watchers.delete(key);
  };
  const enter = (key: string, path: string): boolean => {
    if (watchers.has(key)) return false;
    try {
      const watcher = watch(path, { persistent: false }, onChange);
      watcher.on('error', () => leave(key));
      watchers.set(key, watcher);
      return true;
    } catch {
      // The directory is gone, or there are too many watches on this host. The poll finds the change.
      return false;
    }
  };
  const follow = (paths: readonly string[]): boolean => {
    const wanted = new Map(paths.slice(0, MAX_WATCHES).map((path) => [keyOf(path), path] as const));
    for (const key of [...watchers.keys()]) if (!wanted.has(key)) leave(key);
    return [...wanted].filter(([key, path]) => key !== null && enter(key, path)).length > 0;
  };
  return { follow, isWatching: () => watchers.size > 0, close: () => void follow([]) };
}

function keyOf(path: string): string | null {
  try {
    const { dev, ino } = statSync(path);
    return `${dev} ${ino} ${path}`;
  } catch {
    return null;
  }
}
