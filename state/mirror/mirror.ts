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

/** The copy of the state on disk: raw facts in one SQLite file that other processes can read. */
export interface Mirror {
  /** Null when there is no usable file. */
  load(): SavedPicture | null;
  /**
   * Writes in one transaction what differs from the last load or save. Throws when the disk cannot be written; the next call
   * writes everything that is missing.
   */
  save(saved: SavedPicture): void;
  /** Problems of the file, also those that are repaired. */
  problems(): readonly Problem[];
  /** Idempotent. */
  close(): void;
}

/** Never throws: a damaged file is moved to `<path>.damaged`, and a problem says so. */
export function openMirror(path: string): Mirror {
  let moved: Problem | null = null;
  let unread: Problem | null = null;
  let database: DatabaseSync | null = null;
  /** The facts in the file; null: unknown, all of it is written again. */
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
  /** Tries again with a new file if the present one cannot be used. */
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

/** Reads the mirror of another process without changing it. `saved` is null if there is none, or, with a problem, if it cannot be read. */
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

/** A mirror only repeats what the bus and Docker know, so an unreadable file can be replaced. */
function isUseless(error: unknown): boolean {
  return isDamaged(error) || error instanceof SyntaxError || error instanceof DatabaseVersionError;
}

function movedAside(path: string, aside: string, error: unknown): Problem {
  return {
    subject: path,
    what: `the saved state could not be used (${reason(error)}); it was moved to ${aside}, and a new file was created`,
    hint: 'no action needed. If this happens again, check the disk.',
  };
}

function unreadable(path: string, error: unknown): Problem {
  return {
    subject: path,
    what: `the saved state cannot be read (${reason(error)})`,
    hint: 'check that the file exists and that this process may read it',
  };
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
