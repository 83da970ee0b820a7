import { isArray, isObject, type Value, type ValueObject, writtenKeys } from '../value/value.ts';
import { formatShortest } from './go-format.ts';
import { hasBreak, renderYamlString, type ScalarPlace } from './yaml-scalar.ts';

/** YAML in the style of go-yaml v2: sequences are not indented under their key, keys are in natural order. */
export function renderYaml(value: Value): string {
  return isFilled(value)
    ? `${renderBlock(value, 0)}\n`
    : `${renderScalar(value, { column: 0, indent: 2, isKey: false })}\n`;
}

type Collection = readonly Value[] | ValueObject;

/** Whether the value is a collection that is not empty. An empty one is written as `[]` or `{}`. */
function isFilled(value: Value): value is Collection {
  return isArray(value) ? value.length > 0 : isObject(value) && Object.keys(value).length > 0;
}

/** A non-empty collection whose first line starts at column `indent`. */
function renderBlock(value: Collection, indent: number): string {
  const lines = isArray(value)
    ? value.map((item) => `- ${renderInPlace(item, indent + 2)}`)
    : keysOf(value as ValueObject).map((key) => renderMember(key, (value as ValueObject)[key] ?? null, indent));
  return lines.join(`\n${' '.repeat(indent)}`);
}

function keysOf(object: ValueObject): readonly string[] {
  return writtenKeys(object) ?? Object.keys(object).sort(compareNaturally);
}

/** The value after an indicator (`- `, or `: ` of a long key), which starts at column `indent`. */
function renderInPlace(value: Value, indent: number): string {
  return isFilled(value) ? renderBlock(value, indent) : renderScalar(value, { column: indent, indent, isKey: false });
}

const LONGEST_SIMPLE_KEY = 128;

function renderMember(key: string, value: Value, indent: number): string {
  if (hasBreak(key) || new TextEncoder().encode(key).length > LONGEST_SIMPLE_KEY) {
    const name = renderYamlString(key, { column: indent + 2, indent: indent + 2, isKey: false });
    return `? ${name}\n${' '.repeat(indent)}: ${renderInPlace(value, indent + 2)}`;
  }
  const name = renderYamlString(key, { column: indent, indent, isKey: true });
  if (!isFilled(value)) {
    const column = indent + [...name].length + 2;
    return `${name}: ${renderScalar(value, { column, indent: indent + 2, isKey: false })}`;
  }
  const inner = isArray(value) ? indent : indent + 2;
  return `${name}:\n${' '.repeat(inner)}${renderBlock(value, inner)}`;
}

function renderScalar(value: Value, place: ScalarPlace): string {
  if (typeof value === 'string') return renderYamlString(value.toWellFormed(), place);
  if (value === null) return 'null';
  if (typeof value === 'object') return isArray(value) ? '[]' : '{}';
  // The original writes floats with 32-bit precision.
  return typeof value === 'number' && !Number.isSafeInteger(value) ? formatShortest(value, 32) : String(value);
}

/** The order of go-yaml: signs, then numbers by value, then letters. */
function compareNaturally(a: string, b: string): number {
  const [left, right] = [[...a], [...b]];
  for (let i = 0; i < left.length && i < right.length; i++) {
    const [x = '', y = ''] = [left[i], right[i]];
    if (x === y) continue;
    const [xIsLetter, yIsLetter] = [isLetter(x), isLetter(y)];
    if (xIsLetter !== yIsLetter) return yIsLetter ? -1 : 1;
    const byNumber = xIsLetter ? 0 : compareNumbers(digitsAt(left, i), digitsAt(right, i));
    return byNumber || (x.codePointAt(0) ?? 0) - (y.codePointAt(0) ?? 0);
  }
  return left.length - right.length;
}

function isLetter(char: string): boolean {
  return /\p{L}/u.test(char);
}

function digitsAt(chars: readonly string[], start: number): string {
  let end = start;
  while (/^[0-9]$/.test(chars[end] ?? '')) end++;
  return chars.slice(start, end).join('');
}

/** By value, then by length: an empty string comes before a zero. */
function compareNumbers(a: string, b: string): number {
  return Number(a) - Number(b) || a.length - b.length;
}
