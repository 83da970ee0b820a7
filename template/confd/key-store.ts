import { formatFloat } from '../go/float.ts';
import { compareText, KeyValue } from '../go/values.ts';
import { baseOf, cleanPath, folderOf } from './go-path.ts';
import { pathMatcher } from './path-match.ts';

/** The metadata as flat keys, as confd's rancher backend creates them. */
export interface KeyStore {
  /** Null when there is no such key. */
  get(key: string): KeyValue | null;
  /** All keys that match a pattern of Go's path.Match. Sorted by key. Throws GoError when the pattern is not valid. */
  match(pattern: string): readonly KeyValue[];
  /** Names directly below a path, sorted. If the path itself is a key, its last segment is included. */
  list(path: string): readonly string[];
  /** The names of `list` that have keys below them. */
  listDirectories(path: string): readonly string[];
}

/** `values`: full path -> text. Paths are compared as confd's store does, which finds nothing but keys of one segment below `/`. */
export function createKeyStore(values: ReadonlyMap<string, string>): KeyStore {
  const pairs = [...values].map(([key, value]) => new KeyValue(key, value)).sort((a, b) => compareText(a.Key, b.Key));
  const byKey = new Map(pairs.map((pair) => [pair.Key, pair]));
  return {
    get: (key) => byKey.get(key) ?? null,
    match: (pattern) => {
      const matches = pathMatcher(pattern);
      return pairs.filter(({ Key }) => matches(Key));
    },
    list: (path) => {
      const folder = terms(path);
      const names = pairs.flatMap(({ Key }) => {
        if (Key === path) return [baseOf(Key)];
        return startsWith(terms(folderOf(Key)), folder) ? [withoutPrefix(Key, path).split('/')[0] ?? ''] : [];
      });
      return unique(names);
    },
    listDirectories: (path) => {
      const folder = terms(path);
      const names = pairs.flatMap(({ Key }) => {
        const own = terms(folderOf(Key));
        return Key.startsWith(path) && startsWith(own, folder) ? (own[folder.length] ?? []) : [];
      });
      return unique(names);
    },
  };
}

function terms(path: string): readonly string[] {
  return cleanPath(path).split('/');
}

function startsWith(path: readonly string[], folder: readonly string[]): boolean {
  return folder.every((name, at) => path[at] === name);
}

function withoutPrefix(key: string, prefix: string): string {
  return (key.startsWith(prefix) ? key.slice(prefix.length) : key).replace(/^\//, '');
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)].sort(compareText);
}

/**
 * A tree of metadata as flat keys: members of an object by name, items of a list by their `name` or else their index,
 * booleans, numbers and null as text [confd, backends/rancher].
 */
export function flatten(path: string, tree: unknown): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  const walk = (at: string, value: unknown): void => {
    if (Array.isArray(value)) for (const [index, item] of value.entries()) walk(`${at}/${nameOf(item) ?? index}`, item);
    else if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value)) walk(`${at}/${key}`, item);
    } else values.set(cleanPath(at), scalarText(value));
  };
  walk(path.replace(/\/+$/, ''), tree);
  return values;
}

/** confd reads all numbers as float64. */
function scalarText(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'number' || typeof value === 'bigint') return formatFloat(Number(value), 'f', -1);
  return String(value);
}

function nameOf(item: unknown): string | null {
  const name = typeof item === 'object' && item !== null && 'name' in item ? item.name : null;
  return typeof name === 'string' ? name : null;
}
