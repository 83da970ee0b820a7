import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar, type YAMLMap } from 'yaml';

/** A fault in a YAML text, at a line counted from 1. */
export interface YamlFault {
  readonly line: number;
  readonly what: string;
  readonly hint: string;
}

/** A value and the number of values in it, including those that aliases repeat. */
interface Weighed {
  readonly value: unknown;
  readonly weight: number;
}

class Refusal extends Error {
  readonly offset: number;
  readonly hint: string;

  constructor(offset: number, what: string, hint: string) {
    super(what);
    this.offset = offset;
    this.hint = hint;
  }
}

const MAX_DEPTH = 100;
/** This key would set an object's prototype. */
const FORBIDDEN_KEY = '__proto__';

/** The position of a value. `exact` keeps what plain data loses; the path is tracked only until that is decided. */
interface Position {
  readonly exact: boolean;
  readonly path: readonly string[];
}

const MAX_PATH = 5;

/**
 * Converts the parsed nodes of one document to plain data, in time linear in the text. An alias gives the value it names,
 * never a copy, and the size of that value counts, so that a small text cannot expand to a huge tree. Where `isExact` is
 * true, maps are `Map`s in written order, and integers beyond 2^53 are bigints.
 */
export function createYamlReader({
  lineAt,
  maxValues,
  isExact,
}: {
  readonly lineAt: (offset: number) => number;
  readonly maxValues: number;
  readonly isExact: (path: readonly string[]) => boolean;
}): (root: unknown) => { readonly value: unknown; readonly faults: readonly YamlFault[] } {
  const anchors = new Map<string, Weighed>();
  const budget = (weight: number, node: unknown): number => {
    if (weight <= maxValues) return weight;
    throw new Refusal(offsetOf(node), `has more than ${maxValues} values`, 'use fewer aliases, or split the document');
  };

  const read = (node: unknown, depth: number, position: Position): Weighed => {
    if (depth > MAX_DEPTH) throw new Refusal(offsetOf(node), 'is nested too deeply', `use at most ${MAX_DEPTH} levels`);
    if (isAlias(node)) return fromAlias(node.source, node, position);
    const weighed = isMap(node)
      ? readMap(node, depth, position)
      : isSeq(node)
        ? readList(node.items, depth, position)
        : { value: isScalar(node) ? scalarValue(node, position.exact) : null, weight: 1 };
    budget(weighed.weight, node);
    const anchor = (node as Node | null)?.anchor;
    if (anchor) anchors.set(anchor, weighed);
    return weighed;
  };
  const fromAlias = (name: string, node: unknown, { exact }: Position): Weighed => {
    const weighed = anchors.get(name);
    if (weighed) return exact ? weighed : { ...weighed, value: plain(weighed.value, node) };
    throw new Refusal(
      offsetOf(node),
      `alias *${name} has no anchor before it`,
      `add the anchor &${name} to an earlier value`,
    );
  };
  const readList = (items: readonly unknown[], depth: number, position: Position): Weighed => {
    const value: unknown[] = [];
    let weight = 1;
    for (const item of items) {
      const element = read(item, depth + 1, childPosition(position, '-'));
      value.push(element.value);
      weight = budget(weight + element.weight, item);
    }
    return { value, weight };
  };
  const readMap = (map: YAMLMap, depth: number, position: Position): Weighed => {
    const own = new Map<string, unknown>();
    const merged = new Map<string, unknown>();
    let weight = 1;
    for (const pair of map.items) {
      const isMerge = isMergeKey(pair);
      const key = isMerge ? '<<' : keyText(pair.key);
      const child = read(pair.value, depth + 1, isMerge ? position : childPosition(position, key));
      weight = budget(weight + child.weight, pair.key);
      if (isMerge) mergeInto(merged, child.value, pair.key);
      else addKey(own, key, child.value, pair.key);
    }
    const members = merged.size > 0 ? new Map([...merged, ...own]) : own;
    return { value: position.exact ? members : Object.fromEntries(members), weight };
  };
  const childPosition = (position: Position, key: string): Position => {
    if (position.exact || position.path.length === MAX_PATH) return position;
    const path = [...position.path, key];
    return { path, exact: isExact(path) };
  };

  return (root) => {
    try {
      return { value: read(root, 0, { path: [], exact: isExact([]) }).value, faults: [] };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { value: null, faults: [{ line: lineAt(error.offset), what: error.message, hint: error.hint }] };
    }
  };
}

/** An exact value as plain data, for an alias at a position that is not exact. */
function plain(value: unknown, node: unknown): unknown {
  if (typeof value === 'bigint') throw tooLarge(node, value);
  if (Array.isArray(value)) return value.map((item) => plain(item, node));
  if (!(value instanceof Map)) return value;
  return Object.fromEntries([...value].map(([key, member]) => [key, plain(member, node)]));
}

function addKey(map: Map<string, unknown>, key: string, value: unknown, node: unknown): void {
  if (key === FORBIDDEN_KEY) throw new Refusal(offsetOf(node), `cannot have a key ${key}`, 'give it another name');
  if (map.has(key)) throw new Refusal(offsetOf(node), `has the key ${key} twice`, 'remove one of them');
  map.set(key, value);
}

function isMergeKey({ key }: Pair): boolean {
  return isScalar(key) && key.type === 'PLAIN' && key.source === '<<';
}

/** Earlier maps of a list win over later ones [YAML merge key, 2005]; the map's own keys win over all. */
function mergeInto(merged: Map<string, unknown>, source: unknown, node: unknown): void {
  for (const map of Array.isArray(source) ? source : [source]) {
    if (map === null || typeof map !== 'object' || Array.isArray(map)) {
      throw new Refusal(offsetOf(node), 'merges (<<) a value that is not a map', 'merge a map or a list of maps');
    }
    const entries = map instanceof Map ? map : Object.entries(map);
    for (const [key, value] of entries) if (!merged.has(key)) merged.set(key, value);
  }
}

function keyText(key: unknown): string {
  if (!isScalar(key) || key.value === null) {
    throw new Refusal(offsetOf(key), 'has a key that is not a string', 'write the key as a plain word or in quotes');
  }
  return key.type === 'PLAIN' && key.source !== undefined ? key.source : String(key.value);
}

function scalarValue(scalar: Scalar, exact: boolean): unknown {
  const { value } = scalar;
  if (typeof value === 'bigint') {
    if (Number.isSafeInteger(Number(value))) return Number(value);
    if (exact) return value;
    throw tooLarge(scalar, value);
  }
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new Refusal(offsetOf(scalar), `has a number that is not finite (${scalar.source})`, 'put it in quotes');
  }
  if (typeof value === 'object' && value !== null) {
    throw new Refusal(
      offsetOf(scalar),
      `has a value of type ${scalar.tag}`,
      'write a string, a number, a list or a map',
    );
  }
  return value;
}

function tooLarge(node: unknown, value: bigint): Refusal {
  return new Refusal(offsetOf(node), `has a number that is too large to be exact (${value})`, 'put it in quotes');
}

function offsetOf(node: unknown): number {
  return (node as Node | null)?.range?.[0] ?? 0;
}
