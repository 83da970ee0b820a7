import { isArray, isObject, sortedKeys, type Value } from '../value/value.ts';

/** A number with at most six decimals and without trailing zeros: `1.5`, `2`, `0`. */
export function formatFixed(number: number): string {
  if (Math.abs(number) >= 1e21) return BigInt(number).toString();
  const text = roundHalfEven(number);
  return text.replace(/\.?0+$/, '');
}

/** `toFixed(6)` rounds an exact half up; Go rounds it to even. */
function roundHalfEven(number: number): string {
  const up = number.toFixed(6);
  const exact = number.toFixed(60);
  const point = exact.indexOf('.');
  if (!/^50*$/.test(exact.slice(point + 7))) return up;
  const isEven = '02468'.includes(exact.charAt(point + 6));
  return isEven ? exact.slice(0, point + 7) : up;
}

/** Go's `%g` with the fewest digits that give the same number in 64 or 32 bits. Exponents below -4 and from 6 are written out. */
export function formatShortest(number: number, bits: 32 | 64): string {
  const exponential = bits === 64 ? number.toExponential() : shortestFloat32(number);
  const [mantissa = '', exponentText = '0'] = exponential.split('e');
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= 6) return `${mantissa}e${formatExponent(exponent)}`;
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.');
  return (mantissa.startsWith('-') ? '-' : '') + placePoint(whole + fraction, exponent);
}

function shortestFloat32(number: number): string {
  const single = Math.fround(number);
  for (let digits = 0; digits < 9; digits++) {
    const text = single.toExponential(digits);
    if (Math.fround(Number(text)) === single) return text;
  }
  return single.toExponential();
}

function formatExponent(exponent: number): string {
  return (exponent < 0 ? '-' : '+') + String(Math.abs(exponent)).padStart(2, '0');
}

function placePoint(digits: string, exponent: number): string {
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`;
  if (digits.length <= exponent + 1) return digits.padEnd(exponent + 1, '0');
  return `${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
}

/**
 * Whether `value` prints as `text` in Go's default form (`%v`), which is how a long poll compares. Stops at the first
 * difference, so that a tree of 20,000 containers is not printed.
 */
export function printsAs(value: Value, text: string): boolean {
  return match(value, text, 0) === text.length;
}

/** The position after the print of `value` if `text` has it at `at`, else -1. */
function match(value: Value, text: string, at: number): number {
  if (isArray(value)) return matchArray(value, text, at);
  if (value !== null && isObject(value)) {
    let position = expect(text, at, 'map[');
    for (const [index, key] of sortedKeys(value).entries()) {
      if (position < 0) return -1;
      position = expect(text, position, `${index === 0 ? '' : ' '}${key}:`);
      if (position >= 0) position = match(value[key] ?? null, text, position);
    }
    return position < 0 ? -1 : expect(text, position, ']');
  }
  return expect(text, at, printScalar(value));
}

function matchArray(value: readonly Value[], text: string, at: number): number {
  let position = expect(text, at, '[');
  for (const [index, item] of value.entries()) {
    if (position >= 0 && index > 0) position = expect(text, position, ' ');
    if (position < 0) return -1;
    position = match(item, text, position);
  }
  return position < 0 ? -1 : expect(text, position, ']');
}

function printScalar(value: null | boolean | number | bigint | string): string {
  if (value === null) return '<nil>';
  return typeof value === 'number' && !Number.isSafeInteger(value) ? formatShortest(value, 64) : String(value);
}

function expect(text: string, at: number, part: string): number {
  return text.startsWith(part, at) ? at + part.length : -1;
}
