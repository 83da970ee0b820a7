import { formatFloat } from './float.ts';
import { fitsBackquotes, quoted } from './quote.ts';
import { timeText } from './time.ts';
import {
  bigOf,
  GoError,
  GoNumber,
  GoTime,
  type GoValue,
  KeyValue,
  kindOf,
  membersOf,
  numberOf,
  typeName,
} from './values.ts';

/** The flags, width and precision of a verb, as in Go's package fmt. */
export interface Flags {
  readonly plus: boolean;
  readonly minus: boolean;
  readonly sharp: boolean;
  readonly space: boolean;
  readonly zero: boolean;
  readonly plusV: boolean;
  readonly sharpV: boolean;
  readonly width: number | null;
  readonly precision: number | null;
}

export const NO_FLAGS: Flags = {
  plus: false,
  minus: false,
  sharp: false,
  space: false,
  zero: false,
  plusV: false,
  sharpV: false,
  width: null,
  precision: null,
};

/** A value as Go prints it. A missing value is `<no value>`; nil within a map or list is `<nil>`. */
export function textOf(value: GoValue): string {
  return value === null || value === undefined ? '<no value>' : formatValue('v', value, NO_FLAGS);
}

/** Go's Sprint: values next to each other are separated by a space if neither is a string. */
export function sprint(values: readonly GoValue[]): string {
  let text = '';
  for (const [at, value] of values.entries()) {
    if (at > 0 && typeof value !== 'string' && typeof values[at - 1] !== 'string') text += ' ';
    text += formatValue('v', value, NO_FLAGS);
  }
  return text;
}

/** A value for a verb of `printf`. */
export function formatValue(verb: string, value: GoValue, flags: Flags): string {
  if (value === null || value === undefined)
    return verb === 'v' || verb === 'T' ? pad('<nil>', flags) : badVerb(verb, value, flags);
  if (verb === 'T') return formatText('s', typeName(value), flags);
  if (verb === 'p') return formatPointer(value, flags);
  const name = nameOf(value);
  if (name !== null && 'vsxXq'.includes(verb) && !flags.sharpV) return formatText(verb, name, flags, value);
  return formatKind(verb, value, flags);
}

/** A value without its String method. */
function formatKind(verb: string, value: GoValue, flags: Flags): string {
  switch (kindOf(value)) {
    case 'bool':
      return verb === 'v' || verb === 't' ? pad(String(value), flags) : badVerb(verb, value, flags);
    case 'int':
    case 'uint':
      return formatInteger(verb, value, flags);
    case 'float':
      return formatFloatVerb(verb, value, flags);
    case 'string':
      return formatText(verb, value as string, flags, value);
    case 'list':
      return formatList(verb, value as readonly GoValue[], flags);
    case 'map':
      return formatMap(verb, value, flags);
    default:
      return formatStruct(verb, value, flags);
  }
}

/** What the String method of a value returns, if it has one. */
function nameOf(value: GoValue): string | null {
  if (value instanceof GoTime) return timeText(value);
  return value instanceof GoNumber ? value.name : null;
}

function badVerb(verb: string, value: GoValue, flags: Flags): string {
  if (value === null || value === undefined) return `%!${verb}(<nil>)`;
  return `%!${verb}(${typeName(value)}=${formatKind('v', value, flags)})`;
}

/** Addresses in memory are never the same twice. */
function formatPointer(value: GoValue, flags: Flags): string {
  if (['list', 'map'].includes(kindOf(value))) throw new GoError('printf: %p prints an address in memory');
  return badVerb('p', value, flags);
}

function formatText(verb: string, text: string, flags: Flags, value: GoValue = text): string {
  const shown = flags.precision === null ? text : [...text].slice(0, flags.precision).join('');
  switch (verb) {
    case 'v':
      return flags.sharpV ? formatQuoted(shown, flags) : pad(shown, flags);
    case 's':
      return pad(shown, flags);
    case 'q':
      return formatQuoted(shown, flags);
    case 'x':
    case 'X':
      return pad(hexBytes(text, verb, flags), flags);
    default:
      return badVerb(verb, value, flags);
  }
}

function formatQuoted(text: string, flags: Flags): string {
  if (flags.sharp && fitsBackquotes(text)) return pad(`\`${text}\``, flags);
  return pad(quoted(text, { quote: '"', ascii: flags.plus }), flags);
}

function hexBytes(text: string, verb: 'x' | 'X', { sharp, space, precision }: Flags): string {
  const bytes = [...Buffer.from(text).subarray(0, precision ?? undefined)].map((byte) =>
    byte.toString(16).padStart(2, '0'),
  );
  const prefix = sharp ? '0x' : '';
  const joined = space ? bytes.map((byte) => prefix + byte).join(' ') : prefix + bytes.join('');
  return bytes.length === 0 ? '' : verb === 'X' ? joined.toUpperCase() : joined;
}

const BASES: Readonly<Record<string, number>> = { v: 10, d: 10, b: 2, o: 8, O: 8, x: 16, X: 16 };

function formatInteger(verb: string, value: GoValue, flags: Flags): string {
  const whole = bigOf(value);
  const base = BASES[verb];
  if (base === undefined) return formatCharacter(verb, value, flags);
  if (verb === 'v' && flags.sharpV && kindOf(value) === 'uint')
    return formatInteger('x', value, { ...flags, sharp: true, sharpV: false });
  const { precision, width } = flags;
  if (precision === 0 && whole === 0n) return ' '.repeat(width ?? 0);
  const sign = whole < 0n ? '-' : flags.plus ? '+' : flags.space ? ' ' : '';
  const digits = (whole < 0n ? -whole : whole).toString(base);
  const least = precision ?? (flags.zero && width !== null ? width - sign.length : 0);
  const padded = digits.padStart(least, '0');
  const text = sign + prefixOf(verb, padded, flags) + padded;
  return pad(verb === 'X' ? text.toUpperCase() : text, { ...flags, zero: false });
}

function prefixOf(verb: string, digits: string, { sharp }: Flags): string {
  if (verb === 'O') return sharp && !digits.startsWith('0') ? '0o0' : '0o';
  if (!sharp) return '';
  if (verb === 'b') return '0b';
  if (verb === 'o') return digits.startsWith('0') ? '' : '0';
  return verb === 'x' || verb === 'X' ? '0x' : '';
}

function formatCharacter(verb: string, value: GoValue, flags: Flags): string {
  const whole = bigOf(value);
  const isValid = whole >= 0n && whole <= 0x10ffffn && !(whole >= 0xd800n && whole < 0xe000n);
  const character = isValid ? String.fromCodePoint(Number(whole)) : '\ufffd';
  switch (verb) {
    case 'c':
      return pad(character, flags);
    case 'q':
      return pad(quoted(character, { quote: "'", ascii: flags.plus }), flags);
    case 'U': {
      const digits = BigInt.asUintN(64, whole).toString(16).toUpperCase();
      const text = `U+${digits.padStart(Math.max(flags.precision ?? 4, 4), '0')}`;
      const shown = flags.sharp && isValid && quoted(character, { quote: "'", ascii: false }).length <= 4;
      return pad(shown && !/^\\/.test(character) ? `${text} '${character}'` : text, { ...flags, zero: false });
    }
    default:
      return badVerb(verb, value, flags);
  }
}

function formatFloatVerb(verb: string, value: GoValue, flags: Flags): string {
  const known = verb === 'v' ? 'g' : verb === 'F' ? 'f' : verb;
  if ('bxX'.includes(verb)) throw new GoError(`printf: %${verb} of a float64 is not supported`);
  if (!['e', 'E', 'f', 'g', 'G'].includes(known)) return badVerb(verb, value, flags);
  const precision = flags.precision ?? (known.toLowerCase() === 'g' ? -1 : 6);
  const text = formatFloat(numberOf(value), known as 'g', precision);
  const signed = /^[+-]/.test(text) ? text : `+${text}`;
  const sign = signed.startsWith('+') && flags.space && !flags.plus ? ' ' : signed[0];
  const digits = flags.sharp ? withPoint(signed.slice(1), known, precision) : signed.slice(1);
  if (!flags.plus && sign === '+') return pad(digits, flags);
  if (flags.zero && flags.width !== null) return sign + digits.padStart(flags.width - 1, '0');
  return pad(`${sign}${digits}`, flags);
}

/** The flag `#` keeps the decimal point, and for %g the zeros at the end. */
function withPoint(text: string, verb: string, precision: number): string {
  const [, number = '', tail = ''] = /^([^eE]*)(.*)$/.exec(text) ?? [];
  const wanted = verb.toLowerCase() === 'g' ? (precision === -1 ? 6 : precision) : 0;
  const significant = number.replace('.', '').replace(/^0+/, '').length + (number === '0' ? 1 : 0);
  const pointed = number.includes('.') ? number : `${number}.`;
  return pointed + '0'.repeat(Math.max(wanted - significant, 0)) + tail;
}

function formatList(verb: string, items: readonly GoValue[], flags: Flags): string {
  const texts = items.map((item) => formatItem(verb, item, flags, typeName(items) === '[]interface {}'));
  return flags.sharpV ? `${typeName(items)}{${texts.join(', ')}}` : `[${texts.join(' ')}]`;
}

function formatMap(verb: string, map: GoValue, flags: Flags): string {
  const texts = membersOf(map).map(
    ([key, member]) => `${formatValue(verb, key, flags)}:${formatItem(verb, member, flags, true)}`,
  );
  return flags.sharpV ? `${typeName(map)}{${texts.join(', ')}}` : `map[${texts.join(' ')}]`;
}

/** A value within a list or a map. */
function formatItem(verb: string, item: GoValue, flags: Flags, isInterface: boolean): string {
  if (item !== null && item !== undefined) return formatValue(verb, item, flags);
  return flags.sharpV && isInterface ? 'interface {}(nil)' : '<nil>';
}

function formatStruct(verb: string, value: GoValue, flags: Flags): string {
  if (!(value instanceof KeyValue)) throw new GoError(`printf: %${verb} of ${typeName(value)} is not supported`);
  const texts = (['Key', 'Value'] as const).map((name) => {
    const text = formatValue(verb, value[name], flags);
    return flags.plusV || flags.sharpV ? `${name}:${text}` : text;
  });
  return flags.sharpV ? `${typeName(value)}{${texts.join(', ')}}` : `{${texts.join(' ')}}`;
}

/** Fills up to the width, in characters. */
export function pad(text: string, { width, minus, zero }: Flags): string {
  const missing = (width ?? 0) - [...text].length;
  if (missing <= 0) return text;
  return minus ? text + ' '.repeat(missing) : (zero ? '0' : ' ').repeat(missing) + text;
}
