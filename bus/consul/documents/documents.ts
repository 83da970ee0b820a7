import type { JsonValue } from '../../../model/index.ts';
import type { Bus, Document, PutResult } from '../../contract/bus.ts';
import { encodeJson, newFlags, PART_BYTES } from '../layout/convert.ts';
import { documentGroup, documentGroups, type Keys } from '../layout/keys.ts';
import { bump } from '../layout/publication.ts';
import type { ConsulApi, Operation, Outcome, StoredValue } from '../wire/api.ts';
import { partsPointer, removal, removeUnusedParts, writeParts } from './document-parts.ts';
import { readDocument } from './read-document.ts';

/** Durable values with compare-and-set. */
export type Documents = Pick<Bus, 'get' | 'list' | 'put' | 'delete'>;

const READ_ATTEMPTS = 5;

export function createDocuments({ api, keys }: { readonly api: ConsulApi; readonly keys: Keys }): Documents {
  const get = async (key: string): Promise<Document | null> => {
    for (let attempt = 0; attempt < READ_ATTEMPTS; attempt += 1) {
      const { entry } = await api.get(keys.document(key), { consistent: true });
      if (!entry) return null;
      const document = await readDocument(api, keys, entry);
      if (document) return document;
    }
    throw new Error(`document ${key}: parts of it are missing in Consul; write it again`);
  };
  /** Runs one transaction whose first operation is the compared one: its refusal means that another writer came first. */
  const apply = async (key: string, operations: readonly Operation[]): Promise<PutResult> => {
    const outcome = await api.transact(operations);
    if (outcome.ok) return { ok: true, revision: outcome.entries[0]?.modifyIndex ?? 0 };
    if (outcome.refused.includes(0)) return { ok: false, current: await get(key) };
    throw new Error(`writing document ${key}: ${reasonOf(outcome)}; write it again`);
  };
  const write = (key: string, { value, flags }: StoredValue, expect: number | undefined): Operation => {
    const written = { key: keys.document(key), value, flags: newFlags(flags) };
    return expect === undefined ? { verb: 'set', ...written } : { verb: 'cas', ...written, index: expect };
  };
  const bumpGroup = (key: string): Operation => bump(keys.group(documentGroup(key)));

  const putInParts = async (key: string, stored: StoredValue, expect: number | undefined): Promise<PutResult> => {
    const { pointer, checks } = await writeParts(api, keys, key, stored);
    const result = await apply(key, [write(key, partsPointer(pointer), expect), bumpGroup(key), ...checks]);
    await removeUnusedParts(api, keys, key);
    return result;
  };
  return {
    get,
    list: async (prefix) => {
      const outcome = await api.transact(
        documentGroups.map((group) => ({ verb: 'get-tree', key: keys.documentsOf(group) + prefix })),
        { consistent: true },
      );
      if (!outcome.ok) throw new Error(`listing the documents below ${prefix}: ${reasonOf(outcome)}`);
      const documents = new Map<string, Document>();
      for (const entry of outcome.entries) {
        const key = keys.documentKeyOf(entry.key);
        const document = (await readDocument(api, keys, entry)) ?? (await get(key));
        if (document) documents.set(key, document);
      }
      return documents;
    },
    put: async (key, value: JsonValue, expect) => {
      const stored = encodeJson(value);
      if (stored.value.length > PART_BYTES) return putInParts(key, stored, expect);
      return apply(key, [write(key, stored, expect), bumpGroup(key), removal(keys.partsOf(key))]);
    },
    delete: async (key, expect) => {
      const name = keys.document(key);
      const first: Operation =
        expect === undefined ? { verb: 'delete', key: name } : { verb: 'delete-cas', key: name, index: expect };
      return apply(key, [first, bumpGroup(key), removal(keys.partsOf(key))]);
    },
  };
}

function reasonOf(outcome: Outcome): string {
  return outcome.ok ? '' : outcome.why;
}
