import { isArray, isObject, own, type Value } from './value.ts';

/** The value at a path, wrapped because null is a value. */
export interface Found {
  readonly value: Value;
}

/** Walks down the tree. If a key is missing, walks once more with all keys in lower case. Null when there is no such value. */
export function lookUp(tree: Value, keys: readonly string[]): Found | null {
  return (
    walk(tree, keys) ??
    walk(
      tree,
      keys.map((key) => key.toLowerCase()),
    )
  );
}

function walk(tree: Value, keys: readonly string[]): Found | null {
  let value: Value | undefined = tree;
  for (const key of keys) {
    value = stepInto(value, key);
    if (value === undefined) return null;
  }
  return { value };
}

/** The member or element with this key. Undefined when there is none. */
export function stepInto(value: Value, key: string): Value | undefined {
  return isArray(value) ? elementOf(value, key) : isObject(value) ? own(value, key) : undefined;
}

/** The element at this index, else the first one whose `name` or `uuid` is the key. A number is never taken as a name. */
function elementOf(elements: readonly Value[], key: string): Value | undefined {
  if (isIndex(key)) {
    return Number(key) < 0 ? undefined : elements[Number(key)];
  }
  return elements.find(
    (element) => isObject(element) && (own(element, 'name') === key || own(element, 'uuid') === key),
  );
}

/** Whether the key is a whole number of at most 64 bits. */
export function isIndex(key: string): boolean {
  if (!/^[+-]?\d+$/.test(key)) return false;
  const number = BigInt(key.replace('+', ''));
  return BigInt.asIntN(64, number) === number;
}
