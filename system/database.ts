import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export interface DatabaseOptions {
  /** SQL statements that create the tables of `version`. */
  readonly schema: string;
  /** Stored in the file's `user_version`. A file with another version is not opened. */
  readonly version: number;
  /** `full`: a commit survives a power failure. `normal`: a commit survives a crash of the process; a power failure may lose the last commits, but never damages the file. */
  readonly synchronous: 'full' | 'normal';
}

/** Another version of Drover wrote the file. */
export class DatabaseVersionError extends Error {
  constructor(path: string, found: number, expected: number) {
    super(
      `${path} has format ${found}, but this version supports format ${expected}: use the version of Drover that wrote it, or move the file away`,
    );
    this.name = 'DatabaseVersionError';
  }
}

/** Opens or creates an SQLite file in WAL mode, with its folder. Throws if the file cannot be used. */
export function openDatabase(path: string, { schema, version, synchronous }: DatabaseOptions): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true });
  const database = new DatabaseSync(path, { timeout: 5_000 });
  try {
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}`);
    transaction(database, () => {
      const found = pragma(database, 'user_version');
      if (found === 0) database.exec(`${schema}; PRAGMA user_version = ${version}`);
      else if (found !== version) throw new DatabaseVersionError(path, found, version);
    });
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Opens an existing file, which another process may write. */
export function openDatabaseReadOnly(path: string): DatabaseSync {
  return new DatabaseSync(path, { readOnly: true, timeout: 1_000 });
}

/** Runs `work` in a transaction that excludes other writers. Rolls back if `work` throws. */
export function transaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** The value of a numeric pragma. */
export function pragma(database: DatabaseSync, name: 'user_version' | 'data_version'): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
}

const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

/** Whether the error means a damaged file, unlike a full disk or a missing permission. */
export function isDamaged(error: unknown): boolean {
  if (!(error instanceof Error) || !('errcode' in error)) return false;
  // The low byte is the primary result code [https://sqlite.org/rescode.html].
  const code = Number(error.errcode) & 0xff;
  return code === SQLITE_CORRUPT || code === SQLITE_NOTADB;
}

/** Renames a damaged file and its journal files to `<path>.damaged`, replacing older ones. Gives the new path. */
export function moveDatabaseAside(path: string): string {
  const aside = `${path}.damaged`;
  for (const suffix of ['', '-wal', '-shm']) {
    rmSync(`${aside}${suffix}`, { force: true });
    try {
      renameSync(`${path}${suffix}`, `${aside}${suffix}`);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return aside;
}
