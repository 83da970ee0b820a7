import { GoError, GoNumber, type GoValue } from '../go/values.ts';

/** JSON as confd's `json` and `jsonArray` read it: all numbers are float64. Throws GoError. */
export function parseJson(text: string, kind: 'map' | 'list'): GoValue {
  let tree: unknown;
  try {
    tree = JSON.parse(text);
  } catch (error) {
    throw new GoError(`json: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (tree === null) return kind === 'map' ? {} : [];
  if (typeof tree !== 'object' || Array.isArray(tree) !== (kind === 'list')) {
    const other = kind === 'map' ? 'an object; use jsonArray for lists' : 'a list; use json for objects';
    throw new GoError(`json: the text is not ${other}`);
  }
  return goValue(tree);
}

function goValue(value: unknown): GoValue {
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new GoError('json: a number is larger than a float64');
    return new GoNumber('float64', value);
  }
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(goValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key.toWellFormed(), goValue(member)]));
}
