import { type Flags, formatValue, NO_FLAGS } from './format.ts';
import { bigOf, type GoValue, kindOf, typeName } from './values.ts';

interface Printing {
  readonly characters: readonly string[];
  readonly values: readonly GoValue[];
  /** Position in `characters`. */
  at: number;
  /** The next value. */
  next: number;
  /** A verb chose its value by number. */
  reordered: boolean;
  /** All numbers of the present verb are valid. */
  isValid: boolean;
  /** The last thing read was a number in brackets. */
  afterNumber: boolean;
}

/** Go's Sprintf, with all flags, `*` and numbered verbs. Invalid verbs give text such as `%!d(string=x)`. */
export function printf(format: string, values: readonly GoValue[]): string {
  const printing: Printing = {
    characters: [...format],
    values,
    at: 0,
    next: 0,
    reordered: false,
    isValid: true,
    afterNumber: false,
  };
  let text = '';
  while (printing.at < printing.characters.length) {
    const character = printing.characters[printing.at];
    printing.at += 1;
    text += character === '%' ? formatVerb(printing) : character;
  }
  if (printing.reordered || printing.next >= values.length) return text;
  const extra = values.slice(printing.next).map((value) => {
    return value === null || value === undefined ? '<nil>' : `${typeName(value)}=${formatValue('v', value, NO_FLAGS)}`;
  });
  return `${text}%!(EXTRA ${extra.join(', ')})`;
}

function formatVerb(printing: Printing): string {
  printing.isValid = true;
  printing.afterNumber = false;
  const marked = readFlags(printing);
  readNumber(printing);
  const [wide, widthProblem] = readWidth(printing, marked);
  const [flags, precisionProblem] = readPrecision(printing, wide);
  const problems = widthProblem + precisionProblem;
  if (!printing.afterNumber) readNumber(printing);
  const verb = printing.characters[printing.at];
  if (verb === undefined) return `${problems}%!(NOVERB)`;
  printing.at += 1;
  if (verb === '%') return `${problems}%`;
  if (!printing.isValid) return `${problems}%!${verb}(BADINDEX)`;
  if (printing.next >= printing.values.length) return `${problems}%!${verb}(MISSING)`;
  const value = printing.values[printing.next];
  printing.next += 1;
  const { sharp, plus } = flags;
  const shown = verb === 'v' ? { ...flags, sharpV: sharp, sharp: false, plusV: plus, plus: false } : flags;
  return problems + formatValue(verb, value, shown);
}

function readFlags(printing: Printing): Flags {
  let flags = NO_FLAGS;
  for (;;) {
    switch (printing.characters[printing.at]) {
      case '#':
        flags = { ...flags, sharp: true };
        break;
      case '0':
        flags = { ...flags, zero: !flags.minus };
        break;
      case '+':
        flags = { ...flags, plus: true };
        break;
      case '-':
        flags = { ...flags, minus: true, zero: false };
        break;
      case ' ':
        flags = { ...flags, space: true };
        break;
      default:
        return flags;
    }
    printing.at += 1;
  }
}

function readWidth(printing: Printing, flags: Flags): readonly [Flags, string] {
  if (printing.characters[printing.at] === '*') {
    printing.at += 1;
    const width = intArgument(printing);
    printing.afterNumber = false;
    if (width === null) return [flags, '%!(BADWIDTH)'];
    return [width < 0 ? { ...flags, width: -width, minus: true, zero: false } : { ...flags, width }, ''];
  }
  const width = readDigits(printing);
  if (printing.afterNumber && width !== null) printing.isValid = false;
  return [{ ...flags, width }, ''];
}

function readPrecision(printing: Printing, flags: Flags): readonly [Flags, string] {
  if (printing.characters[printing.at] !== '.') return [flags, ''];
  printing.at += 1;
  if (printing.afterNumber) printing.isValid = false;
  readNumber(printing);
  if (printing.characters[printing.at] !== '*') return [{ ...flags, precision: readDigits(printing) ?? 0 }, ''];
  printing.at += 1;
  const precision = intArgument(printing);
  printing.afterNumber = false;
  if (precision === null || precision < 0) return [flags, '%!(BADPREC)'];
  return [{ ...flags, precision }, ''];
}

const TOO_LARGE = 1_000_000;

function readDigits(printing: Printing): number | null {
  const [digits = ''] = /^\d*/.exec(printing.characters.slice(printing.at, printing.at + 8).join('')) ?? [];
  if (digits === '') return null;
  if (Number(digits) > TOO_LARGE) {
    printing.at = printing.characters.length;
    return null;
  }
  printing.at += digits.length;
  return Number(digits);
}

/** The value for `*`. Null: not an int. */
function intArgument(printing: Printing): number | null {
  if (printing.next >= printing.values.length) return null;
  const value = printing.values[printing.next];
  printing.next += 1;
  if (!['int', 'uint'].includes(kindOf(value))) return null;
  const number = Number(bigOf(value));
  return Math.abs(number) > TOO_LARGE ? null : number;
}

/** Reads `[2]`: the number of the value to print. */
function readNumber(printing: Printing): void {
  if (printing.characters[printing.at] !== '[') {
    printing.afterNumber = false;
    return;
  }
  printing.reordered = true;
  const close = printing.characters.indexOf(']', printing.at);
  const hasClose = close > printing.at && printing.characters.length - printing.at >= 3;
  const inner = hasClose ? printing.characters.slice(printing.at + 1, close).join('') : '';
  printing.at = hasClose ? close + 1 : printing.at + 1;
  const isNumber = /^\d+$/.test(inner) && Number(inner) <= TOO_LARGE;
  const index = Number(inner) - 1;
  printing.afterNumber = isNumber;
  if (isNumber && index >= 0 && index < printing.values.length) printing.next = index;
  else printing.isValid = false;
}
