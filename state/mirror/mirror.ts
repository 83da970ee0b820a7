import { existsSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { Problem } from '../../model/index.ts';
import {
  DatabaseVersionError,
  isDamaged,
  moveDatabaseAside,
  openDatabase,
  openDatabaseReadOnly,
} from '../../system/index.ts';
import type { Picture } from '../snapshot/picture.ts';
import { mirrorSchema, mirrorVersion, readTables, type SavedPicture, writeTables } from './mirror-tables.ts';

export type { SavedPicture } from './mirror-tables.ts';

/** The picture on disk: raw facts in one SQLite file, also readable by other processes. */
export interface Mirror {
  /** Null when nothing usable is there. */
  load(): SavedPicture | null;
  /**
   * Writes what differs from what was loaded or saved before, in one transaction. Throws when the disk refuses; call
   * again with the newest picture, nothing gets lost.
   */
  save(saved: SavedPicture): void;
  /** What was wrong with the file and was repaired already. */
  problems(): readonly Problem[];
  /** Idempotent. */
  close(): void;
}

/** Never throws: a file that is damaged is moved aside (`<path>.damaged`) with a problem. */
export function openMirror(path: string): Mirror {
  let moved: Problem | null = null;
  let unread: Problem | null = null;
  let database: DatabaseSync | null = null;
  /** What the file holds, as far as we know; null: to be written from scratch. */
  let held: Picture | null = null;

  const close = (): void => {
    if (database?.isOpen) database.close();
    database = null;
    held = null;
  };
  const open = (): DatabaseSync => {
    database ??= openDatabase(path, { schema: mirrorSchema, version: mirrorVersion, synchronous: 'normal' });
    return database;
  };
  /** Once more on a new file if the present one cannot be used. */
  const attempt = <T>(work: (database: DatabaseSync) => T): T => {
    try {
      return work(open());
    } catch (error) {
      if (!isUseless(error)) throw error;
      close();
      moved = movedAside(path, moveDatabaseAside(path), error);
      return work(open());
    }
  };
  return {
    load: () => {
      try {
        const saved = attempt(readTables);
        held = saved?.picture ?? null;
        return saved;
      } catch (error) {
        unread = unreadable(path, error);
        return null;
      }
    },
    save: (saved) => {
      attempt((file) => writeTables(file, held, saved));
      held = saved.picture;
      unread = null;
    },
    problems: () => [moved, unread].filter((problem) => problem !== null),
    close,
  };
}

/** Reads another process's mirror without changing it. Null with a problem when it cannot be read, null alone if there is none. */
export function readMirror(path: string): { readonly saved: SavedPicture | null; readonly problem: Problem | null } {
  if (!existsSync(path)) return { saved: null, problem: null };
  let database: DatabaseSync | null = null;
  try {
    database = openDatabaseReadOnly(path);
    return { saved: readTables(database), problem: null };
  } catch (error) {
    return { saved: null, problem: unreadable(path, error) };
  } finally {
    database?.close();
  }
}

/** Nothing in a mirror is worth keeping a file that this program cannot read. */
function isUseless(error: unknown): boolean {
  return isDamaged(error) || error instanceof SyntaxError || error instanceof DatabaseVersionError;
}

function movedAside(path: string, aside: string, error: unknown): Problem {
  return {
    subject: path,
    what: `the saved state could not be used (${reason(error)}); it was moved to ${aside} and a new file made`,
    hint: 'nothing to do once; if it happens again check the disk',
  };
}

function unreadable(path: string, error: unknown): Problem {
  return {
    subject: path,
    what: `the saved state cannot be read (${reason(error)})`,
    hint: 'check that the file exists and may be read by this process',
  };
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
