import { hash } from 'node:crypto';
import type { Value } from '../value/value.ts';
import { formatUuid } from './uuid.ts';

/** Four lanes of 32 bits. A sum does not depend on order, so that one part can be replaced without the others. */
export type Sum = readonly [number, number, number, number];

export const ZERO: Sum = [0, 0, 0, 0];

/** Hash of a value. It depends on the order of keys. */
export function digest(value: Value): Sum {
  const bytes = hash('sha1', JSON.stringify(value), 'buffer');
  return [bytes.readInt32BE(0), bytes.readInt32BE(4), bytes.readInt32BE(8), bytes.readInt32BE(12)];
}

export function add(a: Sum, b: Sum): Sum {
  return [(a[0] + b[0]) | 0, (a[1] + b[1]) | 0, (a[2] + b[2]) | 0, (a[3] + b[3]) | 0];
}

export function subtract(a: Sum, b: Sum): Sum {
  return [(a[0] - b[0]) | 0, (a[1] - b[1]) | 0, (a[2] - b[2]) | 0, (a[3] - b[3]) | 0];
}

export function formatSum(sum: Sum): string {
  const bytes = Buffer.alloc(16);
  for (const [index, lane] of sum.entries()) bytes.writeInt32BE(lane, index * 4);
  return formatUuid(bytes);
}
