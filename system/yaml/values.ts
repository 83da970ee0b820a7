import { isDeepStrictEqual } from 'node:util';
import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar, type YAMLMap } from 'yaml';
import { type GoDialect, goScalar } from './go-scalars.ts';

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

/** How values are read: without a dialect, as YAML 1.2. `exact` keeps what plain data loses. */
export interface ValueStyle {
  readonly exact: boolean;
  readonly dialect?: GoDialect | undefined;
}

export type YamlPath = readonly (string | number)[];

/** What a lenient reader accepts, for the caller to judge. */
export interface YamlRemarks {
  /** Keys that a map has more than once, of which the last counts; `differs` if the values are not the same. */
  readonly repeated: readonly { readonly path: YamlPath; readonly differs: boolean }[];
  /** Tags that YAML does not define, such as `!reset`; their values are read as if the tag were not there. */
  readonly tags: readonly { readonly path: YamlPath; readonly tag: string }[];
}

export interface YamlReading {
  readonly lineAt: (offset: number) => number;
  readonly maxValues: number;
  /** The style of the values at and below a path of at most five keys. */
  readonly styleOf: (path: readonly string[]) => ValueStyle;
  /** Accepts keys that are repeated, unknown tags and numbers of any size. */
  readonly lenient: boolean;
}

type Read = YamlRemarks & { readonly value: unknown; readonly faults: readonly YamlFault[] };

/** A path, from its last key up; null is the top. */
interface Position {
  readonly parent: Position | null;
  readonly key: string | number;
  readonly depth: number;
  readonly style: ValueStyle;
}

const MAX_STYLED_DEPTH = 5;

/**
 * Converts the parsed nodes of one document to plain data, in time linear in the text. An alias gives the value it names,
 * never a copy, and the size of that value counts, so that a small text cannot expand to a huge tree. Where the style is
 * exact, maps are `Map`s in written order, and integers beyond 2^53 are bigints.
 */
export function createYamlReader(reading: YamlReading): (root: unknown) => Read {
  const reader = new YamlReader(reading);
  return (root) => reader.readDocument(root);
}

class YamlReader {
  readonly #reading: YamlReading;
  readonly #anchors = new Map<string, Weighed>();
  readonly #repeated: YamlRemarks['repeated'][number][] = [];
  readonly #tags: YamlRemarks['tags'][number][] = [];

  constructor(reading: YamlReading) {
    this.#reading = reading;
  }

  readDocument(root: unknown): Read {
    const { styleOf, lineAt } = this.#reading;
    const remarks = { repeated: this.#repeated, tags: this.#tags };
    try {
      const { value } = this.#read(root, { parent: null, key: '', depth: 0, style: styleOf([]) });
      return { value, faults: [], ...remarks };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const faults = [{ line: lineAt(error.offset), what: error.message, hint: error.hint }];
      return { value: null, faults, ...remarks };
    }
  }

  #read(node: unknown, position: Position): Weighed {
    if (position.depth > MAX_DEPTH) {
      throw new Refusal(offsetOf(node), 'is nested too deeply', `use at most ${MAX_DEPTH} levels`);
    }
    if (isAlias(node)) return this.#readAlias(node.source, node, position);
    this.#noteTag(node, position);
    const weighed = isMap(node)
      ? this.#readMap(node, position)
      : isSeq(node)
        ? this.#readList(node.items, position)
        : { value: isScalar(node) ? readScalar(node, position.style, this.#reading.lenient) : null, weight: 1 };
    this.#limited(weighed.weight, node);
    const anchor = (node as Node | null)?.anchor;
    if (anchor) this.#anchors.set(anchor, weighed);
    return weighed;
  }

  #limited(weight: number, node: unknown): number {
    const { maxValues } = this.#reading;
    if (weight <= maxValues) return weight;
    throw new Refusal(offsetOf(node), `has more than ${maxValues} values`, 'use fewer aliases, or split the document');
  }

  #noteTag(node: unknown, position: Position): void {
    const tag = (node as Node | null)?.tag;
    if (this.#reading.lenient && tag && !tag.startsWith('tag:yaml.org,2002:')) {
      this.#tags.push({ path: pathOf(position), tag });
    }
  }

  #readAlias(name: string, node: unknown, { style }: Position): Weighed {
    const weighed = this.#anchors.get(name);
    if (weighed)
      return style.exact ? weighed : { ...weighed, value: plain(weighed.value, node, this.#reading.lenient) };
    const hint = `add the anchor &${name} to an earlier value`;
    throw new Refusal(offsetOf(node), `alias *${name} has no anchor before it`, hint);
  }

  #readList(items: readonly unknown[], position: Position): Weighed {
    const value: unknown[] = [];
    let weight = 1;
    for (const [index, item] of items.entries()) {
      const element = this.#read(item, this.#below(position, index));
      value.push(element.value);
      weight = this.#limited(weight + element.weight, item);
    }
    return { value, weight };
  }

  #readMap(map: YAMLMap, position: Position): Weighed {
    const own = new Map<string, unknown>();
    const merged = new Map<string, unknown>();
    let weight = 1;
    for (const pair of map.items) {
      const isMerge = isMergeKey(pair);
      const key = isMerge ? '<<' : keyText(pair.key);
      const at = isMerge ? { ...position, depth: position.depth + 1 } : this.#below(position, key);
      const value = this.#read(pair.value, at);
      weight = this.#limited(weight + value.weight, pair.key);
      if (isMerge) mergeInto(merged, value.value, pair.key);
      else this.#addKey(own, at, value.value, pair.key);
    }
    const members = merged.size > 0 ? new Map([...merged, ...own]) : own;
    return { value: position.style.exact ? members : Object.fromEntries(members), weight };
  }

  #addKey(map: Map<string, unknown>, at: Position, value: unknown, node: unknown): void {
    const key = String(at.key);
    if (key === FORBIDDEN_KEY) throw new Refusal(offsetOf(node), `cannot have a key ${key}`, 'give it another name');
    if (map.has(key)) {
      if (!this.#reading.lenient) {
        throw new Refusal(offsetOf(node), `has the key ${key} twice`, 'remove one of them');
      }
      this.#repeated.push({ path: pathOf(at), differs: !isDeepStrictEqual(map.get(key), value) });
    }
    map.set(key, value);
  }

  #below(parent: Position, key: string | number): Position {
    const below = { parent, key, depth: parent.depth + 1, style: parent.style };
    if (parent.style.exact || below.depth > MAX_STYLED_DEPTH) return below;
    const path = pathOf(below).map((part) => (typeof part === 'number' ? '-' : part));
    return { ...below, style: this.#reading.styleOf(path) };
  }
}

function pathOf(position: Position): YamlPath {
  const path: (string | number)[] = [];
  for (let at = position; at.parent; at = at.parent) path.unshift(at.key);
  return path;
}

/** An exact value as plain data, for an alias at a position that is not exact. */
function plain(value: unknown, node: unknown, lenient: boolean): unknown {
  if (typeof value === 'bigint' && !lenient) throw tooLarge(node, value);
  if (Array.isArray(value)) return value.map((item) => plain(item, node, lenient));
  if (!(value instanceof Map)) return value;
  return Object.fromEntries([...value].map(([key, member]) => [key, plain(member, node, lenient)]));
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

function readScalar(scalar: Scalar, { exact, dialect }: ValueStyle, lenient: boolean): unknown {
  const { tag, type, source } = scalar;
  const isPlain = type === 'PLAIN' && source !== undefined && !tag?.startsWith('tag:yaml.org,2002:');
  if (isPlain && dialect) return goScalar(source, dialect, exact);
  const { value } = scalar;
  if (typeof value === 'bigint') {
    if (Number.isSafeInteger(Number(value))) return Number(value);
    if (exact || lenient) return value;
    throw tooLarge(scalar, value);
  }
  if (lenient && value instanceof Uint8Array) return Buffer.from(value).toString();
  if (typeof value === 'number' && !Number.isFinite(value)) {
    if (lenient) return source;
    throw new Refusal(offsetOf(scalar), `has a number that is not finite (${source})`, 'put it in quotes');
  }
  if (typeof value === 'object' && value !== null) {
    throw new Refusal(offsetOf(scalar), `has a value of type ${tag}`, 'write a string, a number, a list or a map');
  }
  return value;
}

function tooLarge(node: unknown, value: bigint): Refusal {
  return new Refusal(offsetOf(node), `has a number that is too large to be exact (${value})`, 'put it in quotes');
}

function offsetOf(node: unknown): number {
  return (node as Node | null)?.range?.[0] ?? 0;
}
