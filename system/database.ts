import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export interface DatabaseOptions {
  /** Statements that make the tables of `version`. */
  readonly schema: string;
  /** Kept in the file's `user_version`; a file with another one is not opened. */
  readonly version: number;
  /** `full`: a commit survives a power cut. `normal`: it survives a crash of the process, and the file is whole always. */
  readonly synchronous: 'full' | 'normal';
}

/** The file was made by another version of the program. */
export class DatabaseVersionError extends Error {
  constructor(path: string, found: number, expected: number) {
    super(
      `${path}: has format ${found}, this program knows ${expected}; use the program that wrote it, or move it away`,
    );
    this.name = 'DatabaseVersionError';
  }
}

/** Opens or creates an SQLite file in WAL mode and makes its folder. Throws when it cannot be used. */
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

/** Opens an existing file that another process writes. */
export function openDatabaseReadOnly(path: string): DatabaseSync {
  return new DatabaseSync(path, { readOnly: true, timeout: 1_000 });
}

/** Runs `work` in one transaction that other writers wait for; a throw rolls back. */
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

/** A pragma whose value is a whole number. */
export function pragma(database: DatabaseSync, name: 'user_version' | 'data_version'): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
}

const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

/** Whether the file itself is damaged, in contrast to a disk that is full or a file that may not be read. */
export function isDamaged(error: unknown): boolean {
  if (!(error instanceof Error) || !('errcode' in error)) return false;
  // The low byte is the code, the rest says more about it.
  const code = Number(error.errcode) & 0xff;
  return code === SQLITE_CORRUPT || code === SQLITE_NOTADB;
}

/** Moves a damaged file and its companions aside, over those moved before; gives the new path. */
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
