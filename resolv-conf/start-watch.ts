import { existsSync, type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';

/**
 * Tells when Docker writes the resolv.conf of a container that does not run yet: it does so for each start, some 30 to
 * 300 ms before the first instruction, and tells of it later or not at all.
 */
export interface StartWatch {
  /** Watches until `leave`. The file need not exist, its directory must. */
  enter(id: string, path: string, onChange: () => void): void;
  leave(id: string): void;
  watches(id: string): boolean;
  close(): void;
}

/** Of the 8192 watches an old kernel gives to all programs of root together. */
const MOST = 2048;

export function createStartWatch(): StartWatch {
  const watchers = new Map<string, FSWatcher>();

  const leave = (id: string): void => {
    watchers.get(id)?.close();
    watchers.delete(id);
  };

  return {
    enter: (id, path, onChange) => {
      if (watchers.has(id) || watchers.size >= MOST) return;
      const [directory, file] = [dirname(path), basename(path)];
      try {
        const watcher = watch(directory, { persistent: false }, (event, name) => {
          if (name === file) onChange();
          // Removed with its container; nobody would leave it.
          if (event === 'rename' && !existsSync(directory)) leave(id);
        });
        watcher.on('error', () => leave(id));
        watchers.set(id, watcher);
      } catch {
        // Removed, or too many watches on this machine: the change of state after the start brings us here again.
      }
    },
    leave,
    watches: (id) => watchers.has(id),
    close: () => {
      for (const id of [...watchers.keys()]) leave(id);
    },
  };
}
