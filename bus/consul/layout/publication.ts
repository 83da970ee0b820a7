import { randomBytes } from 'node:crypto';
import type { FactMap } from '../../contract/bus.ts';
import type { Operation } from '../wire/api.ts';
import { type Bucket, bucketCount, bucketOf, encodeBucket, encodeHostRecord, partsOf } from './convert.ts';

/** What Consul has of a host: its facts, and the token of each bucket, null for an empty one. */
export interface Published {
  readonly facts: FactMap;
  readonly tokens: readonly (string | null)[];
}

export interface PublicationPlan {
  /** Transactions to send first, in order. Readers ignore their buckets until the host record names them. */
  readonly first: readonly (readonly Operation[])[];
  /** The transaction to send last. It makes everything visible at once. */
  readonly last: readonly Operation[];
  readonly published: Published;
}

export interface PublicationTarget {
  readonly recordKey: string;
  readonly groupKey: string;
  /** `d/<host>/`. */
  readonly factsPrefix: string;
  readonly session: string;
}

/** Consul 1.8 accepts 64 operations and 512 kB of base64 in a transaction. */
const OPERATIONS = 64;
const BYTES = 480 * 1024;

/** The writes that turn the published facts into `facts`: one transaction if they fit. */
export function planPublication(before: Published, facts: FactMap, target: PublicationTarget): PublicationPlan {
  const { tokens, fresh } = bucketsFor(before, facts);
  const obsolete = [...new Set(before.tokens)].filter((token) => token !== null && !tokens.includes(token));
  const deletes = obsolete.map((token): Operation => ({ verb: 'delete-tree', key: target.factsPrefix + token }));
  const sets = fresh.flatMap((bucket) => bucketOperations(bucket, target.factsPrefix));
  const visible: readonly Operation[] = [
    { verb: 'lock', key: target.recordKey, value: encodeHostRecord(tokens), session: target.session },
    bump(target.groupKey),
  ];
  const published = { facts, tokens };
  const whole = [...sets, ...visible, ...deletes];
  if (fits(whole)) return { first: [], last: whole, published };
  // If there are more obsolete buckets than one transaction can delete, the orphan removal deletes the rest.
  return { first: packed(sets), last: [...visible, ...deletes.slice(0, OPERATIONS - visible.length)], published };
}

/** Gives the group's key a new value, which wakes the readers. */
export function bump(key: string): Operation {
  return { verb: 'set', key, value: randomBytes(6) };
}

function bucketsFor(before: Published, facts: FactMap) {
  const count = bucketCount(facts.size, before.tokens.length);
  const touched = count === before.tokens.length ? changedBuckets(before.facts, facts, count) : null;
  const fresh: Bucket[] = [];
  const tokens = Array.from({ length: count }, (_, index) => {
    if (touched && !touched.has(index)) return before.tokens[index] ?? null;
    const bucket = encodeBucket(facts, index, count);
    if (bucket && !before.tokens.includes(bucket.token)) fresh.push(bucket);
    return bucket?.token ?? null;
  });
  return { tokens, fresh };
}

function changedBuckets(before: FactMap, after: FactMap, count: number): ReadonlySet<number> {
  const touched = new Set<number>();
  for (const [key, value] of after) if (before.get(key) !== value) touched.add(bucketOf(key, count));
  for (const key of before.keys()) if (!after.has(key)) touched.add(bucketOf(key, count));
  return touched;
}

function bucketOperations({ token, value, flags }: Bucket, prefix: string): readonly Operation[] {
  const parts = partsOf(value);
  if (parts.length === 1) return [{ verb: 'set', key: prefix + token, value, flags }];
  return parts.map((part, index) => ({ verb: 'set', key: `${prefix}${token}.${partName(index)}`, value: part, flags }));
}

/** Four digits, so that the names sort like the numbers. */
export function partName(index: number): string {
  return String(index).padStart(4, '0');
}

function packed(operations: readonly Operation[]): readonly (readonly Operation[])[] {
  const chunks: Operation[][] = [];
  for (const operation of operations) {
    const chunk = chunks.at(-1);
    if (chunk && fits([...chunk, operation])) chunk.push(operation);
    else chunks.push([operation]);
  }
  return chunks;
}

function fits(operations: readonly Operation[]): boolean {
  if (operations.length > OPERATIONS) return false;
  const bytes = operations.reduce((sum, one) => sum + sizeOf(one), 0);
  return bytes <= BYTES;
}

function sizeOf(operation: Operation): number {
  const value = 'value' in operation ? operation.value.length : 0;
  return operation.key.length + Math.ceil(value / 3) * 4 + 150;
}
