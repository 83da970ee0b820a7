import type { JsonValue } from '../../model/index.ts';
import type { Document, PutResult } from '../contract/bus.ts';
import { withChanges } from '../contract/bus-state.ts';

/** The documents of one environment. Their revisions come from one sequence, so that those of each key only grow. */
export interface DocumentTable {
  /** The same map until something changes. */
  all(): ReadonlyMap<string, Document>;
  put(key: string, value: JsonValue, expect: number | undefined): PutResult;
  delete(key: string, expect: number | undefined): PutResult;
  /** Takes the next number of the sequence. It is as durable as the documents are. */
  nextRevision(): number;
}

/** Documents that last as long as the process. */
export function createMemoryTable(): DocumentTable {
  let documents: ReadonlyMap<string, Document> = new Map();
  let last = 0;
  const nextRevision = (): number => ++last;
  return {
    all: () => documents,
    nextRevision,
    put: (key, value, expect) => {
      const conflict = conflictOf(documents.get(key), expect);
      if (conflict) return conflict;
      const revision = nextRevision();
      documents = withChanges(documents, [[key, { value, revision }]]);
      return { ok: true, revision };
    },
    delete: (key, expect) => {
      const current = documents.get(key);
      if (!current) return { ok: true, revision: 0 };
      const conflict = conflictOf(current, expect);
      if (conflict) return conflict;
      documents = withChanges(documents, [[key, null]]);
      return { ok: true, revision: nextRevision() };
    },
  };
}

/** The refusal if `current` does not have the expected revision. */
export function conflictOf(current: Document | undefined, expect: number | undefined): PutResult | null {
  if (expect === undefined || expect === (current?.revision ?? 0)) return null;
  return { ok: false, current: current ?? null };
}
