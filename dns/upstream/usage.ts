/** Something kept in order of use. */
export interface Used {
  readonly key: string;
  older: Used | null;
  newer: Used | null;
}

/**
 * The order in which things were used, as a list through them. To delete from a Map and put in again would do the same, but
 * a key that is used often leaves a trail of deleted entries there which every later look-up of it has to walk.
 */
export interface Usage<T extends Used> {
  add(item: T): void;
  /** It is the newest from now on. */
  touch(item: T): void;
  remove(item: T): void;
  oldest(): T | null;
}

export function createUsage<T extends Used>(): Usage<T> {
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
