/** An element of the list. */
export interface Used {
  readonly key: string;
  older: Used | null;
  newer: Used | null;
}

/**
 * Elements in order of use, as a linked list. Deleting and inserting again in a Map would give the same order, but each
 * deletion leaves a hole in the Map that later look-ups of the key have to pass.
 */
export interface Recency<T extends Used> {
  add(item: T): void;
  /** Makes the item the most recently used. */
  touch(item: T): void;
  remove(item: T): void;
  oldest(): T | null;
}

export function createRecency<T extends Used>(): Recency<T> {
  let oldest: Used | null = null;
  let newest: Used | null = null;
  const add = (item: Used): void => {
    item.older = newest;
    item.newer = null;
    if (newest) newest.newer = item;
    else oldest = item;
    newest = item;
  };
  const remove = (item: Used): void => {
    if (item.older) item.older.newer = item.newer;
    else oldest = item.newer;
    if (item.newer) item.newer.older = item.older;
    else newest = item.older;
    item.older = null;
    item.newer = null;
  };
  return {
    add,
    remove,
    touch: (item) => {
      if (item === newest) return;
      remove(item);
      add(item);
    },
    oldest: () => oldest as T | null,
  };
}
