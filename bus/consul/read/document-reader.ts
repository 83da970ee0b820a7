import type { Log } from '../../../system/index.ts';
import type { Document } from '../../contract/bus.ts';
import { readDocument } from '../documents/read-document.ts';
import { DamageError } from '../layout/convert.ts';
import type { Keys } from '../layout/keys.ts';
import type { ConsulApi, Entry } from '../wire/api.ts';
import type { GroupChanges } from './group-changes.ts';

/** Reads the documents of one group that have changed. */
export interface DocumentReader {
  /** `entries` are the keys of the group; `known` are all documents as last read. */
  read(group: string, entries: readonly Entry[], known: ReadonlyMap<string, Document>): Promise<GroupChanges<Document>>;
}

export function createDocumentReader({ api, keys, log }: { api: ConsulApi; keys: Keys; log: Log }): DocumentReader {
  return {
    read: async (group, entries, known) => {
      const changes = new Map<string, Document | null>();
      const torn: string[] = [];
      for (const entry of entries) {
        const key = keys.documentKeyOf(entry.key);
        if (known.get(key)?.revision === entry.modifyIndex) continue;
        try {
          const document = await readDocument(api, keys, entry);
          if (document) changes.set(key, document);
          else torn.push(key);
        } catch (err) {
          if (!(err instanceof DamageError)) throw err;
          log.warn({ key, err }, 'cannot read a document in Consul; keeping the last known value');
        }
      }
      const present = new Set(entries.map((entry) => keys.documentKeyOf(entry.key)));
      for (const key of known.keys())
        if (!present.has(key) && keys.document(key).startsWith(keys.documentsOf(group))) changes.set(key, null);
      return { changes, torn };
    },
  };
}
