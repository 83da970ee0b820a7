import type { Document } from '../../contract/bus.ts';
import { decodeJson, FORMAT, formatOf, parsePointer } from '../layout/convert.ts';
import type { Keys } from '../layout/keys.ts';
import type { ConsulApi, Entry } from '../wire/api.ts';

/** Null if its parts are missing, because a newer value has replaced them. Throws if Drover did not write the entry. */
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
