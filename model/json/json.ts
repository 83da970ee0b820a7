/** A JSON value, as on the bus and the feed. Treated as immutable everywhere. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

export type JsonObject = { readonly [key: string]: JsonValue };

/** Whether a value is a JSON object. Its members are not checked. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether two values are equal; the order of keys does not matter. */
export function sameJson(a: JsonValue, b: JsonValue): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (isList(a)) return isList(b) && a.length === b.length && a.every((item, at) => sameJson(item, b[at] as JsonValue));
  if (isList(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => sameEntry(a[key], b, key));
}

function sameEntry(value: JsonValue | undefined, other: JsonObject, key: string): boolean {
  if (!Object.hasOwn(other, key)) return false;
  const against = other[key];
  return value === undefined || against === undefined ? value === against : sameJson(value, against);
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
