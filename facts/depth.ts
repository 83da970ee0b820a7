import type { JsonValue } from '../model/index.ts';

const MAX_LEVELS = 64;

export const tooDeep = `is nested deeper than ${MAX_LEVELS} levels`;

/** Bounds the recursion of everything that walks a value later. */
export function isShallow(value: JsonValue, levels = MAX_LEVELS): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((item) => isShallow(item, levels - 1));
}
