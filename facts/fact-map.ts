import { eachDifference, type JsonValue, sameJson } from '../model/index.ts';

/** Names a fact within its host: lower-case segments joined by `/`, such as `host`, `container/3f2a...`, `network/9b1c...`. */
export type FactKey = string;

/** All facts of one host. Treated as immutable; values that did not change keep their identity. */
export type FactMap = ReadonlyMap<FactKey, JsonValue>;

/** Changed facts; null: removed. */
export type FactChanges = ReadonlyMap<FactKey, JsonValue | null>;

/** What leads from one set of values to the other: new and changed ones, null for those that are gone. */
export function diffFacts(
  before: ReadonlyMap<string, JsonValue>,
  after: ReadonlyMap<string, JsonValue>,
): Map<string, JsonValue | null> {
  const changes = new Map<string, JsonValue | null>();
  eachDifference(before, after, (key, old, value) => {
    if (value === undefined) changes.set(key, null);
    else if (old === undefined || !sameJson(old, value)) changes.set(key, value);
  });
  return changes;
}
