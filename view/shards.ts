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
  const copies = new Map<number, Map<string, V>>();
  const own = (at: number): Map<string, V> => {
    const copy = copies.get(at) ?? new Map(shards[at]);
    copies.set(at, copy);
    return copy;
  };
  return {
    get: (key) => (copies.get(shardOf(key)) ?? shards[shardOf(key)])?.get(key),
    set: (key, value) => {
      const shard = own(shardOf(key));
      if (value === undefined) shard.delete(key);
      else shard.set(key, value);
    },
    done: () => (copies.size === 0 ? shards : shards.map((shard, at) => copies.get(at) ?? shard)),
  };
}

/** FNV-1a. */
function shardOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at += 1) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  return (hash ^ (hash >>> 16)) & (SHARD_COUNT - 1);
}
