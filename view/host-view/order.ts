import { type Container, compareText, copiedMap } from '../../model/index.ts';

const LAST = Number.MAX_SAFE_INTEGER;

/** By number within the service (unknown last), name, id, host. */
export function compareContainers(a: Container, b: Container): number {
  return (
    (a.serviceIndex ?? LAST) - (b.serviceIndex ?? LAST) ||
    compareText(a.name, b.name) ||
    compareText(a.id, b.id) ||
    compareText(a.hostId, b.hostId)
  );
}

/** A changed copy of a map sorted by key; undefined removes. */
export function editSorted<V>(map: ReadonlyMap<string, V>, edits: ReadonlyMap<string, V | undefined>): Map<string, V> {
  const added = [...edits].filter((edit): edit is [string, V] => edit[1] !== undefined && !map.has(edit[0]));
  const copy = added.length === 0 ? copiedMap(map) : merged(map, added.sort(byKey));
  for (const [key, value] of edits) {
    if (value === undefined) copy.delete(key);
    else copy.set(key, value);
  }
  return copy;
}

/** Merges two sorted lists without a common key. */
function merged<V>(map: ReadonlyMap<string, V>, added: readonly (readonly [string, V])[]): Map<string, V> {
  if (map.size === 0) return new Map(added);
  const both = new Map<string, V>();
  let next = 0;
  for (const [key, value] of map) {
    for (let one = added[next]; one && one[0] < key; one = added[next]) {
      both.set(one[0], one[1]);
      next += 1;
    }
    both.set(key, value);
  }
  for (const [key, value] of added.slice(next)) both.set(key, value);
  return both;
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return compareText(a, b);
}

const NONE: readonly never[] = [];

// There are 100,000 of these lists, so they have exactly their length (`[...list, item]` reserves 16 more), and all empty ones are
// one object.

/** The sorted list with the item. */
export function withItem<T>(list: readonly T[], item: T, compare: (a: T, b: T) => number): readonly T[] {
  return list.length === 0 ? [item] : list.concat([item]).sort(compare);
}

export function withoutItem<T>(list: readonly T[], item: T): readonly T[] {
  if (!list.includes(item)) return list;
  return list.length === 1 ? NONE : list.filter((other) => other !== item).slice();
}
