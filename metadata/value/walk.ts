import { isArray, isObject, own, type Value } from './value.ts';

/** A value found; a wrapper, because null is a value. */
export interface Found {
  readonly value: Value;
}

/** Walks down; when that fails once more with all keys in lower case. */
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

/** What a key leads to; undefined: nothing. */
export function stepInto(value: Value, key: string): Value | undefined {
  return isArray(value) ? elementOf(value, key) : isObject(value) ? own(value, key) : undefined;
}

/** By index, else the first element whose `name` or `uuid` is the key. What looks like a number is never a name. */
function elementOf(elements: readonly Value[], key: string): Value | undefined {
  if (isIndex(key)) {
    return Number(key) < 0 ? undefined : elements[Number(key)];
  }
  return elements.find(
    (element) => isObject(element) && (own(element, 'name') === key || own(element, 'uuid') === key),
  );
}

/** A whole number of 64 bits. */
export function isIndex(key: string): boolean {
  if (!/^[+-]?\d+$/.test(key)) return false;
  const number = BigInt(key.replace('+', ''));
  return BigInt.asIntN(64, number) === number;
}
