import { type ExactJson, membersOf, parseExactJson } from '../../model/index.ts';
import { type Value, type ValueObject, writtenObject } from '../value/value.ts';

/** A service's injected configuration. Members keep their order, and numbers all their digits. */
export function injectedObject(text: string): ValueObject {
  return text === '{}' ? {} : (servedValue(parseExactJson(text)) as ValueObject);
}

function servedValue(json: ExactJson): Value {
  if (typeof json !== 'object' || json === null) return json;
  if (Array.isArray(json)) return json.map(servedValue);
  const entries = membersOf(json as Exclude<typeof json, readonly ExactJson[]>);
  return writtenObject(entries.map(([key, member]) => [key, servedValue(member)]));
}
