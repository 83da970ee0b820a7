import type { Log } from '../../system/index.ts';
import type { Document } from '../bus.ts';
import type { ConsulApi, Entry } from './api.ts';
import { DamageError } from './convert.ts';
import { readDocument } from './documents.ts';
import type { Keys } from './keys.ts';

export interface DocumentChanges {
  readonly documents: ReadonlyMap<string, Document>;
  /** Documents whose parts are just being replaced: to be read again. */
  readonly torn: ReadonlySet<string>;
}

/** Reads the documents of one group that changed. */
export interface DocumentReader {
  read(entries: readonly Entry[], known: ReadonlyMap<string, Document>): Promise<DocumentChanges>;
}

export function createDocumentReader({ api, keys, log }: { api: ConsulApi; keys: Keys; log: Log }): DocumentReader {
  return {
    read: async (entries, known) => {
      const documents = new Map<string, Document>();
      const torn = new Set<string>();
      for (const entry of entries) {
        const key = keys.documentKeyOf(entry.key);
        if (known.get(key)?.revision === entry.modifyIndex) continue;
        try {
          const document = await readDocument(api, keys, entry);
          if (document) documents.set(key, document);
          else torn.add(key);
        } catch (err) {
          if (err instanceof DamageError)
            log.warn({ key, err }, 'a document in Consul cannot be read; what was known of it stays');
          else throw err;
        }
      }
      return { documents, torn };
    },
  };
}
