import { type ExactMap, membersOf } from '../../../model/index.ts';
import type { Entry } from './entries.ts';
import { isMap } from './values.ts';

/** The last value of each key; labels and metadata are merged. */
export function mergeEntries(entries: readonly Entry[]): Readonly<Record<string, unknown>> {
  const values: Record<string, unknown> = {};
  for (const { key, value } of entries) values[key] = mergeValue(key, values[key], value);
  return values;
}

function mergeValue(key: string, before: unknown, value: unknown): unknown {
  if (key === 'labels') {
    const labels = labelsOf(value);
    return isMap(before) && isMap(labels) ? { ...before, ...labels } : labels;
  }
  return key === 'metadata' && isTree(before) && isTree(value) ? mergeMaps(before, value) : value;
}

/** List (`- key=value`) and map form of labels as a map. An entry that is not text stays under its index, for the schema to refuse. */
export function labelsOf(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return Object.fromEntries(
    value.map((entry: unknown, index): [string, unknown] => {
      if (typeof entry !== 'string') return [String(index), [entry]];
      const cut = entry.indexOf('=');
      return cut < 0 ? [entry, ''] : [entry.slice(0, cut), entry.slice(cut + 1)];
    }),
  );
}

type Tree = Parameters<typeof membersOf>[0];

function isTree(value: unknown): value is Tree {
  return isMap(value);
}

function mergeMaps(before: Tree, value: Tree): ExactMap {
  return new Map([...membersOf(before), ...membersOf(value)]);
}
