/**
 * A value of the tree: JSON, with whole numbers beyond 2^53 as bigint, because the original kept them exact up to 2^64-1.
 * Values are never changed.
 */
export type Value = null | boolean | number | bigint | string | readonly Value[] | ValueObject;

export type ValueObject = { readonly [key: string]: Value };

export function isArray(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

export function isObject(value: Value): value is ValueObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads an own key. Undefined when there is none: inherited names such as `toString` are not keys. */
export function own(object: ValueObject, key: string): Value | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

const WRITTEN = Symbol('keys in the order written');
type Written = ValueObject & { readonly [WRITTEN]?: readonly string[] };

/** An object that is rendered in the order of its entries. */
export function writtenObject(entries: readonly (readonly [string, Value])[]): ValueObject {
  const keys = entries.map(([key]) => key);
  return Object.defineProperty(Object.fromEntries(entries), WRITTEN, { value: keys });
}

/** The keys of an object made by `writtenObject`, in their order. Null for any other object. */
export function writtenKeys(object: ValueObject): readonly string[] | null {
  return (object as Written)[WRITTEN] ?? null;
}

/** Keys in the order of their UTF-8 bytes, as Go sorts them. */
export function sortedKeys(object: ValueObject): string[] {
  const keys = Object.keys(object).sort();
  return keys.some(hasSurrogate) ? keys.sort(compareCodePoints) : keys;
}

function hasSurrogate(text: string): boolean {
  return /[\ud800-\udfff]/.test(text);
}

function compareCodePoints(a: string, b: string): number {
  const [left, right] = [[...a], [...b]];
  for (let i = 0; i < left.length && i < right.length; i++) {
    const difference = (left[i]?.codePointAt(0) ?? 0) - (right[i]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** An object whose members are created when they are first read. */
export function lazyObject(makers: Readonly<Record<string, () => Value>>): ValueObject {
  const object = {};
  for (const [key, make] of Object.entries(makers)) {
    const read = (): Value => {
      const value = make();
      Object.defineProperty(object, key, { value, enumerable: true });
      return value;
    };
    Object.defineProperty(object, key, { get: read, enumerable: true, configurable: true });
  }
  return object;
}
