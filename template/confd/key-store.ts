/** A key and its value, as confd's templates read them. */
export interface KeyValue {
  readonly Key: string;
  readonly Value: string;
}

/** The metadata as flat keys, as confd's rancher backend creates them. */
export interface KeyStore {
  /** Null when there is no such key. */
  get(key: string): KeyValue | null;
  /** All keys that match a pattern of Go's path.Match, in which `*` and `?` do not match a slash. Sorted by key. */
  match(pattern: string): readonly KeyValue[];
  /** Names directly below a path, sorted. If the path itself is a key, its last segment is included. */
  list(path: string): readonly string[];
  /** The names of `list` that have keys below them. */
  listDirectories(path: string): readonly string[];
}

/** `values`: full path -> text. */
export function createKeyStore(values: ReadonlyMap<string, string>): KeyStore {
  const keys = [...values.keys()].sort();
  const pair = (key: string): KeyValue => ({ Key: key, Value: values.get(key) ?? '' });
  const below = (path: string): readonly string[] => {
    const prefix = `${path.replace(/\/+$/, '')}/`;
    return keys.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
  };
  return {
    get: (key) => (values.has(key) ? pair(key) : null),
    match: (pattern) => {
      const matches = patternOf(pattern);
      return keys.filter((key) => matches.test(key)).map(pair);
    },
    list: (path) => {
      const own = values.has(path) ? [path.split('/').at(-1) ?? ''] : [];
      return unique([...own, ...below(path).map((rest) => rest.split('/')[0] ?? '')]);
    },
    listDirectories: (path) =>
      unique(below(path).flatMap((rest) => (rest.includes('/') ? [rest.split('/')[0] ?? ''] : []))),
  };
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)].sort();
}

/** The syntax of path.Match: `*`, `?`, `[a-z]`, `[^a-z]`, and a backslash before a literal character. */
function patternOf(pattern: string): RegExp {
  const source = pattern.replace(/\\.|\[\^?[^\]]*\]|[\s\S]/g, (part) => {
    if (part === '*') return '[^/]*';
    if (part === '?') return '[^/]';
    if (part.startsWith('[') && part.length > 2) return part;
    return (part.startsWith('\\') && part.length > 1 ? part.slice(1) : part).replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  });
  return new RegExp(`^${source}$`);
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
    } else values.set(at, value === null || value === undefined ? 'null' : String(value));
  };
  walk(path.replace(/\/+$/, ''), tree);
  return values;
}

function nameOf(item: unknown): string | null {
  const name = typeof item === 'object' && item !== null && 'name' in item ? item.name : null;
  return typeof name === 'string' ? name : null;
}
