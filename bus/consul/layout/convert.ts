import { createHash, randomInt } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { hash32, isJsonObject, type JsonValue } from '../../../model/index.ts';
import type { FactKey, FactMap } from '../../contract/bus.ts';
import type { StoredValue } from '../wire/api.ts';

/** The format of a value: the two low bits of Consul's `Flags`. */
export const FORMAT = { json: 0, deflated: 1, parts: 2 } as const;

export function formatOf(flags: number): number {
  return flags % 4;
}

/** Flags of this format with a random part, because Consul gives an equal value no new revision. */
export function newFlags(format: number): number {
  return format + 4 * randomInt(2 ** 32);
}

/** Small enough for one transaction (512 kB) as base64, beside all other operations of the transaction. */
export const PART_BYTES = 256 * 1024;
const INFLATED_LIMIT_BYTES = 64 * 1024 * 1024;

/** Bytes in Consul that Drover did not write. */
export class DamageError extends Error {
  constructor(cause: unknown) {
    super(`not a value written by Drover: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'DamageError';
  }
}

/** Short JSON as text, so that people can read it with `consul kv get`; longer JSON deflated. */
export function encodeJson(json: JsonValue): StoredValue {
  const text = Buffer.from(JSON.stringify(json));
  if (text.length <= 200) return { value: text, flags: FORMAT.json };
  return { value: deflateRawSync(text), flags: FORMAT.deflated };
}

/** Throws a DamageError if `encodeJson` did not write the bytes. */
export function decodeJson({ value, flags }: StoredValue): JsonValue {
  try {
    return JSON.parse(textOf(value, flags)) as JsonValue;
  } catch (cause) {
    throw new DamageError(cause);
  }
}

function textOf(value: Buffer, flags: number): string {
  const format = formatOf(flags);
  if (format === FORMAT.json) return value.toString('utf8');
  if (format !== FORMAT.deflated) throw new Error(`this version does not support format ${format}`);
  return inflateRawSync(value, { maxOutputLength: INFLATED_LIMIT_BYTES }).toString('utf8');
}

/** Cuts bytes into parts that each fit into one value. */
export function partsOf(value: Buffer): readonly Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at < value.length; at += PART_BYTES) parts.push(value.subarray(at, at + PART_BYTES));
  return parts;
}

/** The facts of one host with the same hash of their key. The name is a hash of the content, so that readers fetch equal facts once. */
export interface Bucket extends StoredValue {
  readonly token: string;
}

/** A power of two that gives about 16 facts per bucket. Keeps `current` until it is far off. */
export function bucketCount(facts: number, current: number): number {
  if (current > 0 && facts <= current * 24 && (current === 1 || facts >= current * 6)) return current;
  let count = 1;
  while (facts > count * 16) count *= 2;
  return count;
}

export function bucketOf(key: FactKey, count: number): number {
  return hash32(key) & (count - 1);
}

/** The facts of one bucket as a value; null if there are none. */
export function encodeBucket(facts: FactMap, index: number, count: number): Bucket | null {
  const keys = [...facts.keys()].filter((key) => bucketOf(key, count) === index).sort();
  if (keys.length === 0) return null;
  const text = JSON.stringify(Object.fromEntries(keys.map((key) => [key, facts.get(key)])));
  const token = createHash('sha256').update(text).digest('base64url').slice(0, 12);
  return { token, value: deflateRawSync(text), flags: FORMAT.deflated };
}

/** Throws a DamageError if the bytes are not a bucket. */
export function decodeBucket(stored: StoredValue): FactMap {
  const json = decodeJson(stored);
  if (!isJsonObject(json)) throw new DamageError('not an object of facts');
  return new Map(Object.entries(json));
}

/**
 * A host record: the tokens of the host's buckets, `-` for an empty one. The version comes first, so that a later layout
 * can be distinguished from damage.
 */
export function encodeHostRecord(tokens: readonly (string | null)[]): Buffer {
  return Buffer.from(['1', ...tokens.map((token) => token ?? '-')].join(' '));
}

/** Null if it is not a host record of this layout. */
export function parseHostRecord(value: Buffer): readonly (string | null)[] | null {
  const [version, ...tokens] = value.toString('utf8').split(' ');
  const count = tokens.length;
  const sound = version === '1' && count > 0 && (count & (count - 1)) === 0;
  if (!sound || !tokens.every((token) => /^(-|[A-Za-z0-9_-]{12})$/.test(token))) return null;
  return tokens.map((token) => (token === '-' ? null : token));
}

/** Names the parts of a large document. */
export interface PartsPointer {
  readonly token: string;
  readonly flags: number;
  readonly count: number;
}

/** Throws a DamageError if it is not a pointer. */
export function parsePointer(value: Buffer): PartsPointer {
  const json = decodeJson({ value, flags: FORMAT.json });
  const { token, flags, count } = isJsonObject(json) ? json : {};
  if (typeof token === 'string' && typeof flags === 'number' && typeof count === 'number')
    return { token, flags, count };
  throw new DamageError('not a pointer to parts');
}
