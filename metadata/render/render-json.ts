import { isArray, sortedKeys, type Value, type ValueObject, writtenKeys } from '../value/value.ts';

/** Rendered containers, kept as long as the object itself. */
export type JsonCache = WeakMap<object, string>;

/** JSON as Go writes it: compact, keys sorted (except for a `writtenObject`), `<`, `>`, `&` and line separators escaped. */
export function renderJson(value: Value, cache?: JsonCache): string {
  switch (typeof value) {
    case 'string':
      return renderString(value);
    case 'number':
      // Go and JavaScript have the same rules for exponents.
      return String(value);
    case 'bigint':
    case 'boolean':
      return String(value);
    default:
      if (value === null) return 'null';
      if (isArray(value)) return `[${value.map((item) => renderJson(item, cache)).join(',')}]`;
      return renderCached(value as ValueObject, cache);
  }
}

function renderCached(object: ValueObject, cache?: JsonCache): string {
  if (cache === undefined || object.metadata_kind !== 'container') return renderObject(object, cache);
  const known = cache.get(object);
  if (known !== undefined) return known;
  const text = renderObject(object, cache);
  cache.set(object, text);
  return text;
}

function renderObject(object: ValueObject, cache?: JsonCache): string {
  const keys = writtenKeys(object) ?? sortedKeys(object);
  const members = keys.map((key) => `${renderString(key)}:${renderJson(object[key] ?? null, cache)}`);
  return `{${members.join(',')}}`;
}

const NEEDS_MORE = /[<>&\b\f\u2028\u2029\ud800-\udfff]/;

function renderString(text: string): string {
  if (!NEEDS_MORE.test(text)) return JSON.stringify(text);
  return JSON.stringify(text.toWellFormed())
    .replace(/[<>&\u2028\u2029]/g, escapeUnit)
    .replace(/(?<!\\)((?:\\\\)*)\\([bf])/g, (_, before: string, letter: string) =>
      letter === 'b' ? `${before}\\u0008` : `${before}\\u000c`,
    );
}

function escapeUnit(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
