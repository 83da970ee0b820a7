import type { DatabaseSync } from 'node:sqlite';
import type { FactMap } from '../../facts/index.ts';
import type { Environment, JsonValue } from '../../model/index.ts';
import { transaction } from '../../system/index.ts';
import { diffPictures, emptyPicture, type Picture, type SnapshotDelta } from '../snapshot/picture.ts';

/** The saved facts, and the host and environment they belong to. */
export interface SavedPicture {
  readonly environment: Environment;
  readonly hostId: string;
  readonly revision: number;
  readonly picture: Picture;
  readonly savedAtMs: number;
}

export const mirrorVersion = 1;

/** Hosts have a table of their own, so that a host without facts is kept. */
export const mirrorSchema = `
  CREATE TABLE host (id TEXT PRIMARY KEY) WITHOUT ROWID;
  CREATE TABLE fact (
    host TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (host, key)
  ) WITHOUT ROWID;
  CREATE TABLE document (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE saved (
    one INTEGER PRIMARY KEY CHECK (one = 1), environment TEXT NOT NULL, host TEXT NOT NULL,
    revision INTEGER NOT NULL, complete INTEGER NOT NULL, at REAL NOT NULL
  )`;

/** Reads all tables in one transaction; null when nothing was saved yet. Throws a SyntaxError on a row that is not JSON. */
export function readTables(database: DatabaseSync): SavedPicture | null {
  database.exec('BEGIN');
  try {
    const saved = database.prepare('SELECT * FROM saved').get();
    if (!saved) return null;
    const picture: Picture = {
      hosts: readHosts(database),
      documents: readDocuments(database),
      complete: saved.complete === 1,
    };
    const environment = json(saved.environment) as unknown as Environment;
    return {
      environment,
      hostId: String(saved.host),
      revision: Number(saved.revision),
      picture,
      savedAtMs: Number(saved.at),
    };
  } finally {
    if (database.isTransaction) database.exec('COMMIT');
  }
}

function readHosts(database: DatabaseSync): Map<string, FactMap> {
  const hosts = new Map<string, Map<string, JsonValue>>();
  for (const { id } of database.prepare('SELECT id FROM host').iterate()) hosts.set(String(id), new Map());
  for (const { host, key, value } of database.prepare('SELECT host, key, value FROM fact').iterate())
    hosts.get(String(host))?.set(String(key), json(value));
  return hosts;
}

function readDocuments(database: DatabaseSync): Map<string, JsonValue> {
  const rows = database.prepare('SELECT key, value FROM document').all();
  return new Map(rows.map(({ key, value }) => [String(key), json(value)]));
}

/** Writes in one transaction what differs from `held`, the facts in the tables; null: unknown, all rows are replaced. */
export function writeTables(database: DatabaseSync, held: Picture | null, saved: SavedPicture): void {
  const delta = diffPictures(held ?? emptyPicture, saved.picture);
  transaction(database, () => {
    if (!held) database.exec('DELETE FROM host; DELETE FROM fact; DELETE FROM document; DELETE FROM saved');
    if (delta) writeDelta(database, delta);
    database
      .prepare('INSERT OR REPLACE INTO saved VALUES (1, ?, ?, ?, ?, ?)')
      .run(
        JSON.stringify(saved.environment),
        saved.hostId,
        saved.revision,
        saved.picture.complete ? 1 : 0,
        saved.savedAtMs,
      );
  });
}

function writeDelta(database: DatabaseSync, { hosts, documents }: SnapshotDelta): void {
  const sql = {
    putHost: database.prepare('INSERT OR IGNORE INTO host VALUES (?)'),
    dropHost: database.prepare('DELETE FROM host WHERE id = ?'),
    dropFacts: database.prepare('DELETE FROM fact WHERE host = ?'),
    putFact: database.prepare('INSERT OR REPLACE INTO fact VALUES (?, ?, ?)'),
    dropFact: database.prepare('DELETE FROM fact WHERE host = ? AND key = ?'),
    putDocument: database.prepare('INSERT OR REPLACE INTO document VALUES (?, ?)'),
    dropDocument: database.prepare('DELETE FROM document WHERE key = ?'),
  };
  for (const [hostId, facts] of hosts) {
    if (facts) sql.putHost.run(hostId);
    else {
      sql.dropHost.run(hostId);
      sql.dropFacts.run(hostId);
    }
    for (const [key, value] of facts ?? []) {
      if (value === null) sql.dropFact.run(hostId, key);
      else sql.putFact.run(hostId, key, JSON.stringify(value));
    }
  }
  for (const [key, value] of documents) {
    if (value === null) sql.dropDocument.run(key);
    else sql.putDocument.run(key, JSON.stringify(value));
  }
}

function json(text: unknown): JsonValue {
  return JSON.parse(String(text)) as JsonValue;
}
