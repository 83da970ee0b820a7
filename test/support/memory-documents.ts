import type { JsonValue } from '../../model/index.ts';
import type { NetworkDocuments } from '../../overlay/index.ts';

interface Stored {
  readonly value: JsonValue;
  readonly revision: number;
}

/** Durable documents with compare-and-set, in memory; `turn` runs before each operation, to interleave concurrent callers. */
export function createMemoryDocuments(turn: () => Promise<void> = async () => {}) {
  const stored = new Map<string, Stored>();
  let revision = 0;
  const isExpected = (key: string, expect?: number): boolean =>
    expect === undefined || (stored.get(key)?.revision ?? 0) === expect;
  const documents: NetworkDocuments = {
    list: async (prefix) => {
      await turn();
      return new Map([...stored].filter(([key]) => key.startsWith(prefix)));
    },
    put: async (key, value, expect) => {
      await turn();
      if (!isExpected(key, expect)) return { ok: false };
      revision += 1;
      stored.set(key, { value, revision });
      return { ok: true };
    },
    delete: async (key, expect) => {
      await turn();
      if (!isExpected(key, expect)) return { ok: false };
      stored.delete(key);
      return { ok: true };
    },
  };
  return { documents, stored };
}
