import type { DatabaseSync } from 'node:sqlite';
import type { JsonValue, Problem } from '../../model/index.ts';
import { isDamaged, moveDatabaseAside, openDatabase, pragma, transaction } from '../../system/index.ts';
import type { Document, PutResult } from '../contract/bus.ts';
import { withChanges } from '../contract/bus-state.ts';
import { conflictOf, type DocumentTable } from '../space/index.ts';

/** Documents in an SQLite file. */
export interface StoredDocuments extends DocumentTable {
  /** Reads what another process wrote. True if there was anything. */
  refresh(): boolean;
  /** Idempotent. */
  close(): void;
}

const schema = `
  CREATE TABLE document (
    environment TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, revision INTEGER NOT NULL,
    PRIMARY KEY (environment, key)
  ) WITHOUT ROWID;
  CREATE TABLE sequence (last INTEGER NOT NULL);
  INSERT INTO sequence VALUES (0)`;

/** Opens the file. A damaged file is moved aside and reported as a problem. */
export function openDocuments(
  path: string,
  environment: string,
): { readonly table: StoredDocuments; readonly problem: Problem | null } {
  try {
    return { table: openTable(path, environment), problem: null };
  } catch (error) {
    // A row that is not JSON is damage as well, but SQLite cannot detect it.
    if (!isDamaged(error) && !(error instanceof SyntaxError))
      throw new Error(`cannot open the bus file ${path}`, { cause: error });
    const aside = moveDatabaseAside(path);
    return { table: openTable(path, environment), problem: damaged(path, aside, error) };
  }
}

function damaged(path: string, aside: string, error: unknown): Problem {
  const why = error instanceof Error ? error.message : String(error);
  return {
    subject: path,
    what: `the bus file was damaged (${why}); Drover moved it to ${aside} and created a new one`,
    hint: 'apply your manifests again with `drover apply`, and check the disk',
  };
}

function openTable(path: string, environment: string): StoredDocuments {
  const database = openDatabase(path, { schema, version: 1, synchronous: 'full' });
  try {
    return tableOf(database, environment);
  } catch (error) {
    database.close();
    throw error;
  }
}

function tableOf(database: DatabaseSync, environment: string): StoredDocuments {
  const sql = {
    all: database.prepare('SELECT key, value, revision FROM document WHERE environment = ?'),
    get: database.prepare('SELECT value, revision FROM document WHERE environment = ? AND key = ?'),
    put: database.prepare('INSERT OR REPLACE INTO document VALUES (?, ?, ?, ?)'),
    delete: database.prepare('DELETE FROM document WHERE environment = ? AND key = ?'),
    next: database.prepare('UPDATE sequence SET last = last + 1 RETURNING last'),
  };
  const nextRevision = (): number => Number(sql.next.get()?.last);
  const read = (key: string): Document | undefined => {
    const row = sql.get.get(environment, key);
    return row && documentOf(row);
  };
  const readAll = () => new Map(sql.all.all(environment).map((row) => [String(row.key), documentOf(row)]));

  let version = pragma(database, 'data_version');
  let documents: ReadonlyMap<string, Document> = readAll();
  // Only after the commit, so that readers never see what is not on the disk.
  const remember = (key: string, document: Document | null): void => {
    documents = withChanges(documents, [[key, document]]);
  };
  const put = (key: string, value: JsonValue, expect: number | undefined): PutResult => {
    const result = transaction(database, (): PutResult => {
      const conflict = conflictOf(read(key), expect);
      if (conflict) return conflict;
      const revision = nextRevision();
      sql.put.run(environment, key, JSON.stringify(value), revision);
      return { ok: true, revision };
    });
    if (result.ok) remember(key, { value, revision: result.revision });
    return result;
  };
  const remove = (key: string, expect: number | undefined): PutResult => {
    const result = transaction(database, (): PutResult => {
      const current = read(key);
      if (!current) return { ok: true, revision: 0 };
      const conflict = conflictOf(current, expect);
      if (conflict) return conflict;
      sql.delete.run(environment, key);
      return { ok: true, revision: nextRevision() };
    });
    if (result.ok) remember(key, null);
    return result;
  };
  const refresh = (): boolean => {
    const found = pragma(database, 'data_version');
    if (found === version) return false;
    documents = keepIdentity(documents, readAll());
    version = found;
    return true;
  };
  return {
    all: () => documents,
    put,
    delete: remove,
    nextRevision,
    refresh,
    close: () => {
      if (database.isOpen) database.close();
    },
  };
}

function documentOf(row: Record<string, unknown>): Document {
  return { value: JSON.parse(String(row.value)) as JsonValue, revision: Number(row.revision) };
}

/** Documents with an unchanged revision keep their identity, so that watchers see no change. */
function keepIdentity(before: ReadonlyMap<string, Document>, after: ReadonlyMap<string, Document>) {
  return new Map(
    [...after].map(([key, document]) => {
      const old = before.get(key);
      return [key, old?.revision === document.revision ? old : document];
    }),
  );
}
