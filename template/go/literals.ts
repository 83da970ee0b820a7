/** A numeric constant. Go decides by its use whether it is an int or a float64. */
export interface NumberLiteral {
  /** Null: not a whole number, or beyond int64. */
  readonly int: bigint | null;
  readonly float: number;
  /** Where the type is open, the constant is a float64. */
  readonly isFloat: boolean;
}

const MAX_INT = 2n ** 63n - 1n;
const MAX_UINT = 2n ** 64n - 1n;

/** Parses a number or a character constant. Null: the syntax is not valid. Complex numbers are not supported. */
export function parseNumber(text: string): NumberLiteral | null {
  const whole = wholeNumber(text);
  if (whole !== null) {
    if (whole > MAX_UINT || whole < -MAX_INT - 1n || (/^[+-]/.test(text) && whole > MAX_INT)) return null;
    return { int: whole > MAX_INT ? null : whole, float: Number(whole), isFloat: false };
  }
  if (!/[.eEpP]/.test(text) || text.includes('__') || /_(?!\d)|(?<!\d)_/.test(text)) return null;
  const float = floatOf(text.replaceAll('_', ''));
  if (float === null) return null;
  const isInt = Number.isInteger(float) && Math.abs(float) < 2 ** 63;
  return { int: isInt ? BigInt(float) : null, float, isFloat: true };
}

function wholeNumber(text: string): bigint | null {
  const [, sign = '', prefix = '', digits = ''] =
    /^([+-]?)(0[xX]|0[oO]|0[bB]|0(?=[0-9_]))?([0-9a-fA-F_]+)$/.exec(text) ?? [];
  const base = { x: 16, o: 8, b: 2 }[prefix.slice(1).toLowerCase()] ?? (prefix === '0' ? 8 : 10);
  const allowed = { 16: /^(_?[0-9a-fA-F])+$/, 8: /^(_?[0-7])+$/, 2: /^(_?[01])+$/, 10: /^\d(_?\d)*$/ }[base];
  if (!allowed?.test(digits)) return null;
  const plain = digits.replaceAll('_', '');
  const value = BigInt(base === 10 ? plain : `${{ 16: '0x', 8: '0o', 2: '0b' }[base]}${plain}`);
  return sign === '-' ? -value : value;
}

function floatOf(text: string): number | null {
  const hex = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?\d+)$/.exec(text);
  if (hex) {
    const [, sign, whole = '', fraction = '', exponent] = hex;
    if (whole + fraction === '') return null;
    const value = Number(BigInt(`0x${whole}${fraction}`)) * 2 ** (Number(exponent) - 4 * fraction.length);
    return finite(sign === '-' ? -value : value);
  }
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text) ? finite(Number(text)) : null;
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** The value of a character constant, such as 'a'. Null: not valid. */
export function parseCharacter(text: string): number | null {
  const inner = text.slice(1, -1);
  const read = inner.startsWith('\\')
    ? readEscape(inner, "'")
    : { value: inner.codePointAt(0) ?? -1, length: [...inner][0]?.length ?? 0 };
  if (read === null || inner === '' || read.length !== inner.length) return null;
  return read.value;
}

/** The value of a quoted or raw string. Null: not valid, or not text in UTF-8. */
export function parseString(text: string): string | null {
  if (text.startsWith('`')) return text.slice(1, -1).replaceAll('\r', '');
  const bytes: number[] = [];
  const inner = text.slice(1, -1);
  for (let at = 0; at < inner.length; ) {
    if (inner[at] !== '\\') {
      const character = String.fromCodePoint(inner.codePointAt(at) ?? 0);
      bytes.push(...Buffer.from(character));
      at += character.length;
      continue;
    }
    const read = readEscape(inner.slice(at), '"');
    if (read === null) return null;
    if (read.isByte) bytes.push(read.value);
    else bytes.push(...Buffer.from(String.fromCodePoint(read.value)));
    at += read.length;
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
  } catch {
    return null;
  }
}

const ESCAPES: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, '\\': 92 };

interface Escape {
  readonly value: number;
  readonly length: number;
  /** `\x` and octal escapes in a string are single bytes. */
  readonly isByte?: boolean;
}

function readEscape(text: string, quote: string): Escape | null {
  const [whole, simple, hex, octal, short, long] =
    /^\\(?:([abfnrtv\\'"])|x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/.exec(text) ?? [];
  if (whole === undefined) return null;
  const { length } = whole;
  if (simple !== undefined) {
    const value = simple === quote ? quote.charCodeAt(0) : ESCAPES[simple];
    return value === undefined ? null : { value, length };
  }
  if (hex !== undefined) return { value: Number.parseInt(hex, 16), length, isByte: true };
  if (octal !== undefined) {
    const value = Number.parseInt(octal, 8);
    return value > 255 ? null : { value, length, isByte: true };
  }
  const value = Number.parseInt(short ?? long ?? '', 16);
  return value > 0x10ffff || (value >= 0xd800 && value < 0xe000) ? null : { value, length };
}
