import type { Container } from '../model/index.ts';

/** By code unit: the same on every machine and in every locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

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
  const copy = new Map(map);
  const added = [...edits].some(([key, value]) => value !== undefined && !map.has(key));
  for (const [key, value] of edits) {
    if (value === undefined) copy.delete(key);
    else copy.set(key, value);
  }
  return added ? new Map([...copy].sort(([a], [b]) => compareText(a, b))) : copy;
}
