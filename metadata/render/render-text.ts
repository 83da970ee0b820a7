import { isArray, isObject, own, type Value, type ValueObject } from '../value/value.ts';
import { formatFixed } from './go-format.ts';
import { queryEscape } from './query.ts';

/** The form that shell scripts read: a scalar as it is, an object as its keys, an array as its indexes. */
export function renderText(value: Value): string {
  if (value === null) return '';
  if (isArray(value)) return value.map(elementLine).join('');
  if (isObject(value)) return renderKeys(value);
  return typeof value === 'number' && !Number.isSafeInteger(value) ? formatFixed(value) : String(value);
}

/** Lines are sorted with their slash, as the original did. */
function renderKeys(object: ValueObject): string {
  const lines = Object.keys(object).map((key) => `${queryEscape(key)}${isContainer(object[key]) ? '/' : ''}\n`);
  return lines.sort().join('');
}

function elementLine(element: Value, index: number): string {
  const label = isObject(element) ? labelOf(element) : null;
  if (label !== null) return `${index}=${queryEscape(label)}\n`;
  return isContainer(element) ? `${index}/\n` : `${index}\n`;
}

/** The original dropped the connection if `name` was not a string. Drover then uses `uuid`, or no label. */
function labelOf(element: ValueObject): string | null {
  const [name, uuid] = [own(element, 'name'), own(element, 'uuid')];
  if (typeof name === 'string') return name;
  return typeof uuid === 'string' ? uuid : null;
}

function isContainer(value: Value | undefined): boolean {
  return typeof value === 'object' && value !== null;
}
