/** Longer lines are folded at their next space. */
const BEST_WIDTH = 80;

/** Where a scalar is written: the column of its first character, and the indent of its other lines. */
export interface ScalarPlace {
  readonly column: number;
  readonly indent: number;
  /** Whether the scalar is a simple key, which is never folded. */
  readonly isKey: boolean;
}

/** Writes a string as go-yaml v2 does: plain if possible, several lines as a literal block, else quoted. */
export function renderYamlString(text: string, place: ScalarPlace): string {
  const traits = analyse(text);
  if (readsAsOther(text)) return doubleQuote(text, place);
  if (text.includes('\n') && !place.isKey) return traits.block ? literal(text, place.indent) : doubleQuote(text, place);
  if (traits.plain) return fold(text, place, (next) => next !== ' ');
  return traits.single ? singleQuote(text, place) : doubleQuote(text, place);
}

/** Whether the text has a line break, so that it cannot be a simple key. */
export function hasBreak(text: string): boolean {
  return BREAK.test(text);
}

const BREAK = /[\n\r\x85\u2028\u2029]/;

const WORDS = new Set(
  'y Y yes Yes YES true True TRUE on On ON n N no No NO false False FALSE off Off OFF ~ null Null NULL .nan .NaN .NAN .inf .Inf .INF +.inf +.Inf +.INF -.inf -.Inf -.INF <<'.split(
    ' ',
  ),
);
const NUMBER = /^[+-]?(0[xX][0-9a-fA-F]+|0[bB][01]+|0o[0-7]+|(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[iI]nf|[nN]a[nN])$/;
const BASE_60 = /^[+-]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;

/** Whether a plain `text` would be read back as a number, a boolean or null. */
function readsAsOther(text: string): boolean {
  if (text === '' || WORDS.has(text) || BASE_60.test(text)) return true;
  return /^[+\-.0-9]/.test(text) && NUMBER.test(text.replaceAll('_', ''));
}

interface Traits {
  readonly plain: boolean;
  readonly single: boolean;
  readonly block: boolean;
}

/** The analysis of libyaml, for block context. */
function analyse(text: string): Traits {
  const special = /[^\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]/.test(text) || / [\n\u2028\u2029]/.test(text);
  const breakSpace = /[\n\u2028\u2029] /.test(text);
  const indicator =
    /^(---|\.\.\.|[#,[\]{}&*!|>'"%@`]|[?:-](?=[\s]|$))/.test(text) || /:(?=[\s]|$)/.test(text) || /\s#/.test(text);
  const plain = !(special || breakSpace || indicator || BREAK.test(text) || text.startsWith(' ') || text.endsWith(' '));
  return { plain, single: !special && !breakSpace, block: !special && !text.endsWith(' ') };
}

/** Folds lines that are too long at a space. `mayBreak` gets the character after that space. */
function fold(text: string, { column, indent, isKey }: ScalarPlace, mayBreak: (next: string) => boolean): string {
  if (isKey || column + text.length <= BEST_WIDTH) return text;
  let at = column;
  let previous = '';
  let out = '';
  const chars = [...text];
  for (const [index, char] of chars.entries()) {
    if (char === ' ' && previous !== ' ' && at > BEST_WIDTH && mayBreak(chars[index + 1] ?? '')) {
      out += `\n${' '.repeat(indent)}`;
      at = indent;
    } else {
      out += char;
      at++;
    }
    previous = char;
  }
  return out;
}

function singleQuote(text: string, place: ScalarPlace): string {
  const quoted = text
    .replaceAll("'", "''")
    .replace(/([\u2028\u2029])(?=[^\u2028\u2029])/g, `$1${' '.repeat(place.indent)}`);
  return `'${fold(quoted, { ...place, column: place.column + 1 }, (next) => next !== ' ' && next !== '')}'`;
}

const SHORT: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\x07': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\x1b': '\\e',
  '"': '\\"',
  '\\': '\\\\',
  '\x85': '\\N',
  '\u2028': '\\L',
  '\u2029': '\\P',
};

function doubleQuote(text: string, place: ScalarPlace): string {
  const escaped = text.replace(/[^\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]|["\\\u2028\u2029]/gu, escapeChar);
  const folded = fold(escaped, { ...place, column: place.column + 1 }, (next) => next !== '' && next !== ' ');
  return `"${folded}"`;
}

function escapeChar(char: string): string {
  const short = SHORT[char];
  if (short !== undefined) return short;
  const code = char.codePointAt(0) ?? 0;
  const hex = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

/** A literal block (`|`) with its indicators, without the final line break. */
function literal(text: string, indent: number): string {
  const indentHint = /^[ \n\u2028\u2029]/.test(text) ? '2' : '';
  const chomp = !BREAK.test(text.slice(-1)) ? '-' : text.length === 1 || BREAK.test(text.slice(-2, -1)) ? '+' : '';
  const pad = ' '.repeat(indent);
  const body = text.replace(/(^|[\n\u2028\u2029])(?=[^\n\u2028\u2029])/g, `$1${pad}`);
  return `|${indentHint}${chomp}\n${body.replace(/\n$/, '')}`;
}
