import { isDeepStrictEqual } from 'node:util';
import type { FactKey, FactMap } from '../../bus/index.ts';
import type { JsonValue } from '../../model/index.ts';
import type { Log } from '../../system/index.ts';

export type FactChanges = ReadonlyMap<FactKey, JsonValue | null>;
export type FactListener = (changes: FactChanges) => void;

/** The facts of this host and who wants to hear of changes; equal values are no change. */
export interface FactStore {
  facts(): FactMap;
  get(key: FactKey): JsonValue | null;
  /** Null removes. */
  set(key: FactKey, value: JsonValue | null): void;
  onChange(listener: FactListener): () => void;
  /** Keeps changes back until `release`, which tells them as one. Nests. */
  hold(): void;
  release(): void;
}

export function createFactStore({ log }: { readonly log: Log }, initial: FactMap): FactStore {
  const current = new Map(initial);
  const listeners = new Set<FactListener>();
  let whole: FactMap | null = null;
  let held = 0;
  let waiting = new Map<FactKey, JsonValue | null>();

  const flush = (): void => {
    if (held > 0 || waiting.size === 0) return;
    const changes = waiting;
    waiting = new Map();
    for (const listener of [...listeners]) {
      try {
        listener(changes);
      } catch (error) {
        log.error({ err: error }, 'a listener of the Docker facts failed');
      }
    }
  };

  return {
    facts: () => {
      whole ??= new Map(current);
      return whole;
    },
    get: (key) => current.get(key) ?? null,
    set: (key, value) => {
      if (isDeepStrictEqual(current.get(key) ?? null, value)) return;
      if (value === null) current.delete(key);
      else current.set(key, value);
      whole = null;
      waiting.set(key, value);
      flush();
    },
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
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
