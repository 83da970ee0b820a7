import { type JsonValue, sameJson } from '../model/index.ts';
import { createListeners, type Log } from '../system/index.ts';
import type { FactChanges, FactKey, FactMap } from './fact-map.ts';

/** The facts of this host. Several owners write them, each below its own key prefixes; the state and the bus follow them. */
export interface HostFacts {
  /** The newest facts, whole; a value that did not change keeps its identity. */
  facts(): FactMap;
  /** Calls with each change, synchronously and in order (null: removed). Gives the function that ends it. */
  onChange(listener: (changes: FactChanges) => void): () => void;
  /**
   * The part of one owner: keys that equal a prefix, or begin with one that ends in `/`. Starts with those of `initial` that
   * are in it. Throws when another owner has one of the prefixes.
   */
  part(prefixes: readonly string[], initial?: FactMap): FactsPart;
}

/** The facts of one owner. */
export interface FactsPart {
  facts(): FactMap;
  /** Null: there is no such fact in this part. */
  get(key: FactKey): JsonValue | null;
  /** Null removes; an equal value is no change. Throws on a key that belongs to another owner. */
  set(key: FactKey, value: JsonValue | null): void;
  /** Keeps the changes of this part back until `release`, which reports them as one. Nests. */
  hold(): void;
  release(): void;
}

export function createHostFacts({ log }: { readonly log: Log }): HostFacts {
  const current = new Map<FactKey, JsonValue>();
  const owned: string[] = [];
  const listeners = createListeners<FactChanges>(log);
  let whole: FactMap | null = null;

  const write = (key: FactKey, value: JsonValue | null): void => {
    if (value === null) current.delete(key);
    else current.set(key, value);
    whole = null;
  };
  return {
    facts: () => {
      whole ??= new Map(current);
      return whole;
    },
    onChange: listeners.add,
    part: (prefixes, initial = new Map()) => {
      const taken = prefixes.find((prefix) => owned.some((other) => covers(prefix, other) || covers(other, prefix)));
      if (taken !== undefined) throw new Error(`facts ${taken} have an owner already`);
      owned.push(...prefixes);
      const isOwn = (key: FactKey): boolean => prefixes.some((prefix) => covers(prefix, key));
      for (const [key, value] of initial) if (isOwn(key)) write(key, value);
      return createPart({ prefixes, isOwn, facts: () => current, write, tell: listeners.tell });
    },
  };
}

interface PartContext {
  readonly prefixes: readonly string[];
  readonly isOwn: (key: FactKey) => boolean;
  readonly facts: () => FactMap;
  readonly write: (key: FactKey, value: JsonValue | null) => void;
  readonly tell: (changes: FactChanges) => unknown;
}

function createPart({ prefixes, isOwn, facts, write, tell }: PartContext): FactsPart {
  let held = 0;
  let waiting = new Map<FactKey, JsonValue | null>();
  const flush = (): void => {
    if (held > 0 || waiting.size === 0) return;
    const changes = waiting;
    waiting = new Map();
    tell(changes);
  };
  return {
    facts: () => new Map([...facts()].filter(([key]) => isOwn(key))),
    get: (key) => (isOwn(key) ? (facts().get(key) ?? null) : null),
    set: (key, value) => {
      if (!isOwn(key)) throw new Error(`fact ${key} is not among ${prefixes.join(', ')}`);
      const before = facts().get(key) ?? null;
      if (sameJson(before, value)) return;
      write(key, value);
      waiting.set(key, value);
      flush();
    },
    hold: () => {
      held += 1;
    },
    release: () => {
      held -= 1;
      flush();
    },
  };
}

function covers(prefix: string, key: string): boolean {
  return prefix === key || (prefix.endsWith('/') && key.startsWith(prefix));
}
