import { createHash, randomInt } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { JsonObject, JsonValue } from '../../model/index.ts';
import type { FactKey, FactMap } from '../bus.ts';
import { hash32 } from '../hash.ts';

/** The two low bits of Consul's `Flags` of a value: how it is written. */
export const FORMAT = { json: 0, deflated: 1, parts: 2 } as const;

/** What the two low bits say. */
export function formatOf(flags: number): number {
  return flags % 4;
}

/** Flags of this format that were not there before: Consul gives an equal value no new revision. */
export function newFlags(format: number): number {
  return format + 4 * randomInt(2 ** 32);
}

/** A value as it stands in Consul. */
export interface Stored {
  readonly value: Buffer;
  readonly flags: number;
}

/** base64 of this and its envelope fit into one transaction (512 kB), whatever else is in it. */
export const PART_BYTES = 256 * 1024;
const INFLATED_LIMIT_BYTES = 64 * 1024 * 1024;

/** Bytes in Consul that are not what we write there. */
export class DamageError extends Error {
  constructor(cause: unknown) {
    super(`it is not what Drover writes there: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'DamageError';
  }
}

/** JSON as text while that is short, so that `consul kv get` can be read by people; else deflated. */
export function encodeJson(json: JsonValue): Stored {
  const text = Buffer.from(JSON.stringify(json));
  if (text.length <= 200) return { value: text, flags: FORMAT.json };
  return { value: deflateRawSync(text), flags: FORMAT.deflated };
}

/** Throws a DamageError when the bytes are not what `encodeJson` writes. */
export function decodeJson({ value, flags }: Stored): JsonValue {
  try {
    return JSON.parse(textOf(value, flags)) as JsonValue;
  } catch (cause) {
    throw new DamageError(cause);
  }
}

function textOf(value: Buffer, flags: number): string {
  const format = formatOf(flags);
  if (format === FORMAT.json) return value.toString('utf8');
  if (format !== FORMAT.deflated) throw new Error(`format ${format} is not known to this version`);
  return inflateRawSync(value, { maxOutputLength: INFLATED_LIMIT_BYTES }).toString('utf8');
}

/** Cuts what is too large for one value. */
export function partsOf(value: Buffer): readonly Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at < value.length; at += PART_BYTES) parts.push(value.subarray(at, at + PART_BYTES));
  return parts;
}

/** Facts of one host whose keys fall together; named by its content, so that equal facts are never read twice. */
export interface Bucket extends Stored {
  readonly token: string;
}

/** A power of two for about 16 facts a bucket; keeps `current` until that is far off. */
export function bucketCount(facts: number, current: number): number {
  if (current > 0 && facts <= current * 24 && (current === 1 || facts >= current * 6)) return current;
  let count = 1;
  while (facts > count * 16) count *= 2;
  return count;
}

export function bucketOf(key: FactKey, count: number): number {
  return hash32(key) & (count - 1);
}

/** The facts of one bucket as a value; null when there are none. */
export function encodeBucket(facts: FactMap, index: number, count: number): Bucket | null {
  const keys = [...facts.keys()].filter((key) => bucketOf(key, count) === index).sort();
  if (keys.length === 0) return null;
  const text = JSON.stringify(Object.fromEntries(keys.map((key) => [key, facts.get(key)])));
  const token = createHash('sha256').update(text).digest('base64url').slice(0, 12);
  return { token, value: deflateRawSync(text), flags: FORMAT.deflated };
}

/** Throws a DamageError when the bytes are not a bucket. */
export function decodeBucket(stored: Stored): FactMap {
  const json = decodeJson(stored);
  if (!isObject(json)) throw new DamageError('not an object of facts');
  return new Map(Object.entries(json));
}

/**
 * A host's notice: the tokens of its buckets, `-` for an empty one. Version first, so that a later layout is told from
 * damage.
 */
export function encodeNotice(tokens: readonly (string | null)[]): Buffer {
  return Buffer.from(['1', ...tokens.map((token) => token ?? '-')].join(' '));
}

/** Null when it is not a notice of this layout. */
export function parseNotice(value: Buffer): readonly (string | null)[] | null {
  const [version, ...tokens] = value.toString('utf8').split(' ');
  const count = tokens.length;
  const sound = version === '1' && count > 0 && (count & (count - 1)) === 0;
  if (!sound || !tokens.every((token) => /^(-|[A-Za-z0-9_-]{12})$/.test(token))) return null;
  return tokens.map((token) => (token === '-' ? null : token));
}

/** Where the parts of a large document stand. */
export interface PartsPointer {
  readonly token: string;
  readonly flags: number;
  readonly count: number;
}

/** Throws a DamageError when it is no pointer. */
export function parsePointer(value: Buffer): PartsPointer {
  const json = decodeJson({ value, flags: FORMAT.json });
  const { token, flags, count } = isObject(json) ? json : {};
  if (typeof token === 'string' && typeof flags === 'number' && typeof count === 'number')
    return { token, flags, count };
  throw new DamageError('not a pointer to parts');
}

function isObject(json: JsonValue): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
