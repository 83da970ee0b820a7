import { hash } from 'node:crypto';
import type { Value } from '../value/value.ts';
import { formatUuid } from './uuid.ts';

/** Four lanes of 32 bits; order does not matter to a sum, so it needs no sorting and one part can be exchanged. */
export type Sum = readonly [number, number, number, number];

export const ZERO: Sum = [0, 0, 0, 0];

/** Of the value as it stands: the order of keys counts. */
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
