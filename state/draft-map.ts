/** A map being changed: the original until the first change, then a copy. */
export interface DraftMap<K, V> {
  get(key: K): V | undefined;
  set(key: K, value: V): void;
  delete(key: K): void;
  /** The original if nothing changed. */
  result(): ReadonlyMap<K, V>;
}

export function draftMap<K, V>(original: ReadonlyMap<K, V>): DraftMap<K, V> {
  let copy: Map<K, V> | null = null;
  const writable = (): Map<K, V> => {
    copy ??= new Map(original);
    return copy;
  };
  const now = (): ReadonlyMap<K, V> => copy ?? original;
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
