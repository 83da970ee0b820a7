import { isArray, isObject, own, type Value, type ValueObject } from '../value/value.ts';
import { formatFixed } from './go-format.ts';
import { queryEscape } from './query.ts';

/** The plain form shell scripts parse: a scalar as it is, a list of keys for an object, a list of indexes for an array. */
export function renderText(value: Value): string {
  if (value === null) return '';
  if (isArray(value)) return value.map(elementLine).join('');
  if (isObject(value)) return renderKeys(value);
  return typeof value === 'number' && !Number.isSafeInteger(value) ? formatFixed(value) : String(value);
}

/** Sorted as finished lines, slash included. */
function renderKeys(object: ValueObject): string {
  const lines = Object.keys(object).map((key) => `${queryEscape(key)}${isContainer(object[key]) ? '/' : ''}\n`);
  return lines.sort().join('');
}

function elementLine(element: Value, index: number): string {
  const label = isObject(element) ? labelOf(element) : null;
  if (label !== null) return `${index}=${queryEscape(label)}\n`;
  return isContainer(element) ? `${index}/\n` : `${index}\n`;
}

/** A `name` that is no string made the original drop the connection; here the next best label stands in. */
function labelOf(element: ValueObject): string | null {
  const [name, uuid] = [own(element, 'name'), own(element, 'uuid')];
  if (typeof name === 'string') return name;
  return typeof uuid === 'string' ? uuid : null;
}

function isContainer(value: Value | undefined): boolean {
  return typeof value === 'object' && value !== null;
}
