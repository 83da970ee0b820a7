import { randomBytes } from 'node:crypto';
import type { JsonValue } from '../../model/index.ts';
import type { Document, PutResult } from '../bus.ts';
import type { ConsulApi, Entry, Operation, Outcome } from './api.ts';
import {
  decodeJson,
  encodeJson,
  FORMAT,
  formatOf,
  newFlags,
  PART_BYTES,
  parsePointer,
  partsOf,
  type Stored,
} from './convert.ts';
import { documentGroup, documentGroups, type Keys } from './keys.ts';
import { bump, partName } from './publication.ts';

/** Durable values with compare-and-set. */
export interface Documents {
  get(key: string): Promise<Document | null>;
  list(prefix: string): Promise<ReadonlyMap<string, Document>>;
  put(key: string, value: JsonValue, expect?: number): Promise<PutResult>;
  delete(key: string, expect?: number): Promise<PutResult>;
}

/** 15 MB: more parts do not fit into the transaction that checks them. */
const PARTS_LIMIT = 58;

export function createDocuments({ api, keys }: { readonly api: ConsulApi; readonly keys: Keys }): Documents {
  const get = async (key: string): Promise<Document | null> => {
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const { entry } = await api.get(keys.document(key), { consistent: true });
      if (!entry) return null;
      const document = await readDocument(api, keys, entry);
      if (document) return document;
    }
    throw new Error(`document ${key}: parts of it are missing in Consul; write it again`);
  };
  /** One transaction; a refusal of the operation at `compared` means that somebody else wrote first. */
  const apply = async (key: string, operations: readonly Operation[], compared: number): Promise<PutResult> => {
    const outcome = await api.transact(operations);
    if (outcome.ok) return { ok: true, revision: outcome.entries[0]?.modifyIndex ?? 0 };
    if (outcome.refused.includes(compared)) return { ok: false, current: await get(key) };
    throw new Error(`writing document ${key}: ${reason(outcome)}; write it again`);
  };
  const write = (key: string, { value, flags }: Stored, expect: number | undefined): Operation => {
    const written = { key: keys.document(key), value, flags: newFlags(flags) };
    return expect === undefined ? { verb: 'set', ...written } : { verb: 'cas', ...written, index: expect };
  };
  const bumpOf = (key: string): Operation => bump(keys.group(documentGroup(key)));

  const putLarge = async (key: string, stored: Stored, expect: number | undefined): Promise<PutResult> => {
    const parts = partsOf(stored.value);
    if (parts.length > PARTS_LIMIT) throw new Error(`document ${key} is too large: keep it below 15 MB`);
    const token = randomBytes(9).toString('base64url');
    const checks: Operation[] = [];
    for (const [index, value] of parts.entries()) {
      const part = `${keys.partsOf(key)}${token}/${partName(index)}`;
      const outcome = await api.transact([{ verb: 'set', key: part, value }]);
      if (!outcome.ok) throw new Error(`writing document ${key}: ${outcome.why}`);
      checks.push({ verb: 'check-index', key: part, index: outcome.entries[0]?.modifyIndex ?? 0 });
    }
    const pointer = JSON.stringify({ token, flags: stored.flags, count: parts.length });
    const main = write(key, { value: Buffer.from(pointer), flags: FORMAT.parts }, expect);
    // The checks come last, so that the first result is the document's; they guard against another writer's clean-up.
    const result = await apply(key, [main, bumpOf(key), ...checks], 0);
    await removeParts(api, keys, key);
    return result;
  };
  return {
    get,
    list: async (prefix) => {
      const outcome = await api.transact(
        documentGroups.map((group) => ({ verb: 'get-tree', key: keys.documentsOf(group) + prefix })),
        { consistent: true },
      );
      if (!outcome.ok) throw new Error(`listing the documents below ${prefix}: ${reason(outcome)}`);
      const documents = new Map<string, Document>();
      for (const entry of outcome.entries) {
        const key = keys.documentKeyOf(entry.key);
        const document = (await readDocument(api, keys, entry)) ?? (await get(key));
        if (document) documents.set(key, document);
      }
      return documents;
    },
    put: async (key, value, expect) => {
      const stored = encodeJson(value);
      if (stored.value.length > PART_BYTES) return putLarge(key, stored, expect);
      return apply(key, [write(key, stored, expect), bumpOf(key), removal(keys.partsOf(key))], 0);
    },
    delete: async (key, expect) => {
      const name = keys.document(key);
      const first: Operation =
        expect === undefined ? { verb: 'delete', key: name } : { verb: 'delete-cas', key: name, index: expect };
      return apply(key, [first, bumpOf(key), removal(keys.partsOf(key))], 0);
    },
  };
}

/** Null when its parts are gone: there is a newer one. Throws when it is not ours. */
export async function readDocument(api: ConsulApi, keys: Keys, entry: Entry): Promise<Document | null> {
  const revision = entry.modifyIndex;
  if (formatOf(entry.flags) !== FORMAT.parts) return { value: decodeJson(entry), revision };
  const pointer = parsePointer(entry.value);
  const prefix = `${keys.partsOf(keys.documentKeyOf(entry.key))}${pointer.token}/`;
  const { entries } = await api.list(prefix, { consistent: true });
  if (entries.length !== pointer.count) return null;
  const value = Buffer.concat(entries.map((part) => part.value));
  return { value: decodeJson({ value, flags: pointer.flags }), revision };
}

function removal(prefix: string): Operation {
  return { verb: 'delete-tree', key: prefix };
}

/** Parts that the document does not name: of earlier values, or of a write that was refused. */
async function removeParts(api: ConsulApi, keys: Keys, key: string): Promise<void> {
  const prefix = keys.partsOf(key);
  const { entry } = await api.get(keys.document(key), { consistent: true });
  const used = entry && formatOf(entry.flags) === FORMAT.parts ? parsePointer(entry.value).token : null;
  const tokens = new Set((await api.keys(prefix)).map((name) => name.slice(prefix.length).split('/')[0] ?? ''));
  tokens.delete(used ?? '');
  for (const token of tokens) await api.transact([removal(`${prefix}${token}/`)]);
}

function reason(outcome: Outcome): string {
  return outcome.ok ? '' : outcome.why;
}
