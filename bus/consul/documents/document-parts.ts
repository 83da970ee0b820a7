import { randomBytes } from 'node:crypto';
import { FORMAT, formatOf, type PartsPointer, parsePointer, partsOf } from '../layout/convert.ts';
import type { Keys } from '../layout/keys.ts';
import { partName } from '../layout/publication.ts';
import type { ConsulApi, Operation, StoredValue } from '../wire/api.ts';

/** 15 MB. The transaction that checks the parts has no room for more of them. */
const PARTS_LIMIT = 58;

export interface WrittenParts {
  readonly pointer: PartsPointer;
  /** To be added to the transaction that writes the pointer: refuse it if another writer's clean-up removed the parts. */
  readonly checks: readonly Operation[];
}

/** Writes the value of a document that is too large for one key. Readers see the parts once a pointer names them. */
export async function writeParts(api: ConsulApi, keys: Keys, key: string, stored: StoredValue): Promise<WrittenParts> {
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
  return { pointer: { token, flags: stored.flags, count: parts.length }, checks };
}

export function partsPointer({ token, flags, count }: PartsPointer): StoredValue {
  return { value: Buffer.from(JSON.stringify({ token, flags, count })), flags: FORMAT.parts };
}

/** Removes the parts that the document does not name: those of earlier values and of refused writes. */
export async function removeUnusedParts(api: ConsulApi, keys: Keys, key: string): Promise<void> {
  const prefix = keys.partsOf(key);
  const { entry } = await api.get(keys.document(key), { consistent: true });
  const used = entry && formatOf(entry.flags) === FORMAT.parts ? parsePointer(entry.value).token : null;
  const tokens = new Set((await api.keys(prefix)).map((name) => name.slice(prefix.length).split('/')[0] ?? ''));
  tokens.delete(used ?? '');
  for (const token of tokens) await api.transact([removal(`${prefix}${token}/`)]);
}

export function removal(prefix: string): Operation {
  return { verb: 'delete-tree', key: prefix };
}
