import { eachDifference } from '../../model/index.ts';
import { add, type Sum, subtract, ZERO } from './sum.ts';

/** The contribution of one entry. */
export interface Part {
  readonly sum: Sum;
  /** Whether the part depends on more than its entry, so that it must be made again for every map. */
  readonly isLinked: boolean;
}

export interface MapSumContext<V, P> {
  /** Whether the inputs that all parts share are unchanged. */
  readonly isSame: boolean;
  readonly make: (value: V, before: P | undefined) => P;
}

/** Sums successive maps. Only parts of changed entries are made again. */
export function createMapSum<V, P extends Part>() {
  const parts = new Map<string, P>();
  const linked = new Set<string>();
  let before: ReadonlyMap<string, V> = new Map();
  let total = ZERO;
  const replace = (key: string, part: P | undefined): void => {
    total = add(subtract(total, parts.get(key)?.sum ?? ZERO), part?.sum ?? ZERO);
    if (part) parts.set(key, part);
    else parts.delete(key);
    if (part?.isLinked) linked.add(key);
    else linked.delete(key);
  };
  return (now: ReadonlyMap<string, V>, { isSame, make }: MapSumContext<V, P>): Sum => {
    const keys = new Set(isSame ? linked : [...before.keys(), ...now.keys()]);
    if (isSame) eachDifference(before, now, (key) => keys.add(key));
    for (const key of keys) {
      const value = now.get(key);
      replace(key, value === undefined ? undefined : make(value, parts.get(key)));
    }
    before = now;
    return total;
  };
}
