/**
 * An immutable map cut into small maps, so that a changed copy costs one small map and not the whole: 20,000 names,
 * one change.
 */
export type Shards<V> = readonly ReadonlyMap<string, V>[];

const SHARD_COUNT = 1024;

/** The shards of an empty map. */
export function emptyShards<V>(): Shards<V> {
  return new Array<ReadonlyMap<string, V>>(SHARD_COUNT).fill(new Map());
}

export function shardsGet<V>(shards: Shards<V>, key: string): V | undefined {
  return shards[shardOf(key)]?.get(key);
}

/** A changed copy in the making; `done` gives it, sharing all shards that were not touched. */
export interface ShardsEdit<V> {
  get(key: string): V | undefined;
  /** Sets the value; undefined removes it. */
  set(key: string, value: V | undefined): void;
  done(): Shards<V>;
}

export function editShards<V>(shards: Shards<V>): ShardsEdit<V> {
  const copies: (Map<string, V> | undefined)[] = new Array(SHARD_COUNT);
  let changed = false;
  return {
    get: (key) => {
      const at = shardOf(key);
      return (copies[at] ?? shards[at])?.get(key);
    },
    set: (key, value) => {
      const at = shardOf(key);
      changed = true;
      copies[at] ??= new Map(shards[at]);
      if (value === undefined) copies[at].delete(key);
      else copies[at].set(key, value);
    },
    done: () => (changed ? shards.map((shard, at) => copies[at] ?? shard) : shards),
  };
}

/** FNV-1a. */
function shardOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at += 1) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  return (hash ^ (hash >>> 16)) & (SHARD_COUNT - 1);
}
