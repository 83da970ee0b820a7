import { existsSync, type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { digestFileOf } from './resolv-conf-file.ts';

/**
 * Reports when Docker writes the resolv.conf of a container that is not running yet. Docker writes it for each start, some
 * 30 to 300 ms before the first instruction of the container, and announces the start later or not at all.
 */
export interface StartWatch {
  /** Watches these files (Docker id -> path) and no others. A file need not exist, but its directory must. */
  follow(paths: ReadonlyMap<string, string>): void;
  watches(id: string): boolean;
  close(): void;
}

/** Old kernels allow 8192 watches for all programs of a user together. */
const MAX_WATCHES = 2048;

export function createStartWatch(onChange: (id: string) => void): StartWatch {
  const watchers = new Map<string, FSWatcher>();

  const leave = (id: string): void => {
    watchers.get(id)?.close();
    watchers.delete(id);
  };

  const enter = (id: string, path: string): void => {
    if (watchers.has(id) || watchers.size >= MAX_WATCHES) return;
    const [directory, file] = [dirname(path), basename(path)];
    try {
      const watcher = watch(directory, { persistent: false }, (event, name) => {
        if (name === file || name === digestFileOf(file)) onChange(id);
        // The directory is removed together with its container.
        if (event === 'rename' && !existsSync(directory)) leave(id);
      });
      watcher.on('error', () => leave(id));
      watchers.set(id, watcher);
    } catch {
      // The directory is gone, or there are too many watches on this host. The file is rewritten after the start instead.
    }
  };

  const follow = (paths: ReadonlyMap<string, string>): void => {
    for (const id of [...watchers.keys()]) if (!paths.has(id)) leave(id);
    for (const [id, path] of paths) enter(id, path);
  };

  return { follow, watches: (id) => watchers.has(id), close: () => follow(new Map()) };
}
