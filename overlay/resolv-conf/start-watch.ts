import { type FSWatcher, watch } from 'node:fs';

/**
 * Tells when Docker writes a file anew while its container is being started: on a user-defined network it does so just
 * before the first instruction runs.
 */
export interface StartWatch {
  /** Watches until `leave`, or for a minute. */
  enter(id: string, path: string, onChange: () => void): void;
  leave(id: string): void;
  watches(id: string): boolean;
  close(): void;
}

const LONGEST_MS = 60_000;
const MOST = 512;

export function createStartWatch(): StartWatch {
  const watchers = new Map<string, { readonly watcher: FSWatcher; readonly timer: NodeJS.Timeout }>();

  const leave = (id: string): void => {
    const entry = watchers.get(id);
    if (!entry) return;
    watchers.delete(id);
    clearTimeout(entry.timer);
    entry.watcher.close();
  };

  return {
    enter: (id, path, onChange) => {
      if (watchers.has(id) || watchers.size >= MOST) return;
      try {
        const watcher = watch(path, { persistent: false }, onChange);
        watcher.on('error', () => leave(id));
        watchers.set(id, { watcher, timer: setTimeout(() => leave(id), LONGEST_MS).unref() });
      } catch {
        // Gone, or too many watches on this machine: the change of state after the start brings us here again.
      }
    },
    leave,
    watches: (id) => watchers.has(id),
    close: () => {
      for (const id of [...watchers.keys()]) leave(id);
    },
  };
}
