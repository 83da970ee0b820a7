import { copiedMap, ShardedMap } from './sharded-map.ts';

/** A changeable view of a map: the original until the first change, then a copy. */
export interface DraftMap<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): void;
  delete(key: string): void;
  /** The original if nothing changed. */
  result(): ReadonlyMap<string, V>;
}

export function draftMap<V>(original: ReadonlyMap<string, V>): DraftMap<V> {
  return original instanceof ShardedMap ? draftOfShards(original) : draftOfMap(original);
}

function draftOfShards<V>(original: ShardedMap<V>): DraftMap<V> {
  const edit = original.edit();
  return {
    get: edit.get,
    set: (key, value) => edit.update(key, () => value),
    delete: (key) => edit.update(key, () => undefined),
    result: edit.result,
  };
}

function draftOfMap<V>(original: ReadonlyMap<string, V>): DraftMap<V> {
  let copy: Map<string, V> | null = null;
  const writable = (): Map<string, V> => {
    copy ??= copiedMap(original);
    return copy;
  };
  const now = (): ReadonlyMap<string, V> => copy ?? original;
  return {
    get: (key) => now().get(key),
    set: (key, value) => {
      if (now().get(key) !== value) writable().set(key, value);
    },
    delete: (key) => {
      if (now().has(key)) writable().delete(key);
    },
    result: now,
  };
}
