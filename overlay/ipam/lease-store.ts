import { mkdirSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Log } from '../../system/index.ts';
import type { AddressRecord } from './choose-address.ts';

/** The assigned addresses. A change is on disk when the call returns. Only one process can open the file. */
export interface LeaseStore {
  hasPool(pool: string): boolean;
  pools(): readonly string[];
  addPool(pool: string): void;
  /** Removes the pool and frees all its addresses, which then rest. */
  removePool(pool: string, nowMs: number): void;
  /** Leased and freed addresses of a pool. */
  records(pool: string): readonly AddressRecord[];
  record(pool: string, address: number): AddressRecord | null;
  lease(pool: string, address: number, nowMs: number): void;
  free(pool: string, address: number, nowMs: number): void;
  close(): void;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS pool (name TEXT PRIMARY KEY) STRICT;
  CREATE TABLE IF NOT EXISTS address (
    pool TEXT NOT NULL, address INTEGER NOT NULL, leased INTEGER NOT NULL, since_ms INTEGER NOT NULL,
    PRIMARY KEY (pool, address)
  ) STRICT;
`;

/**
 * Opens the file, and waits up to 5 s for another process to close it. A damaged file is renamed, and the leases are learned
 * from Docker again.
 */
export function openLeaseStore(file: string, { log, nowMs }: { log: Log; nowMs: number }): LeaseStore {
  mkdirSync(dirname(file), { recursive: true });
  let database: DatabaseSync;
  try {
    database = open(file);
  } catch (error) {
    if (!isCorrupt(error)) throw new Error(`cannot open ${file}; another process may be using it`, { cause: error });
    const aside = `${file}.unreadable-${nowMs}`;
    renameSync(file, aside);
    log.error({ file, aside, error }, 'address leases are damaged; learning them again from Docker');
    database = open(file);
  }
  // After the clock was set back, an address must not rest until its old time.
  database.prepare('UPDATE address SET since_ms = ? WHERE since_ms > ?').run(nowMs, nowMs);
  return createStore(database);
}

function open(file: string): DatabaseSync {
  const database = new DatabaseSync(file);
  try {
    database.exec('PRAGMA busy_timeout = 5000; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL;');
    database.exec('PRAGMA synchronous = FULL;');
    // Takes the lock now, so that a second process fails when it starts.
    database.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT;`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** SQLITE_CORRUPT and SQLITE_NOTADB. */
function isCorrupt(error: unknown): boolean {
  const { errcode } = error as { errcode?: number };
  return errcode === 11 || errcode === 26;
}

function createStore(database: DatabaseSync): LeaseStore {
  const pools = database.prepare('SELECT name FROM pool ORDER BY name');
  const hasPool = database.prepare('SELECT 1 FROM pool WHERE name = ?');
  const addPool = database.prepare('INSERT OR IGNORE INTO pool (name) VALUES (?)');
  const removePool = database.prepare('DELETE FROM pool WHERE name = ?');
  const freeAll = database.prepare('UPDATE address SET leased = 0, since_ms = ? WHERE pool = ? AND leased = 1');
  const records = database.prepare('SELECT address, leased, since_ms FROM address WHERE pool = ?');
  const record = database.prepare('SELECT address, leased, since_ms FROM address WHERE pool = ? AND address = ?');
  const write = database.prepare(
    'INSERT INTO address (pool, address, leased, since_ms) VALUES (?, ?, ?, ?) ON CONFLICT (pool, address) DO UPDATE SET leased = excluded.leased, since_ms = excluded.since_ms',
  );
  let closed = false;
  return {
    hasPool: (pool) => hasPool.get(pool) !== undefined,
    pools: () => pools.all().map(({ name }) => String(name)),
    addPool: (pool) => void addPool.run(pool),
    removePool: (pool, nowMs) => {
      // After a crash between the two statements the pool exists and its addresses rest, which is harmless.
      freeAll.run(nowMs, pool);
      removePool.run(pool);
    },
    records: (pool) => records.all(pool).map(toRecord),
    record: (pool, address) => {
      const row = record.get(pool, address);
      return row ? toRecord(row) : null;
    },
    lease: (pool, address, nowMs) => void write.run(pool, address, 1, nowMs),
    free: (pool, address, nowMs) => void write.run(pool, address, 0, nowMs),
    close: () => {
      if (!closed) database.close();
      closed = true;
    },
  };
}

function toRecord(row: Record<string, unknown>): AddressRecord {
  return { address: Number(row.address), leased: row.leased === 1, sinceMs: Number(row.since_ms) };
}
