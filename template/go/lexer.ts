/** A token of a Go template. `line` counts from 1. */
export interface Token {
  readonly kind: TokenKind;
  /** As written in the template; for text after trimming. */
  readonly text: string;
  readonly line: number;
}

export type TokenKind =
  | 'text'
  | 'open'
  | 'close'
  | 'space'
  | 'string'
  | 'number'
  | 'character'
  /** `.Key`: one segment. */
  | 'field'
  | 'dot'
  /** `$` or `$x`. */
  | 'variable'
  | 'word'
  | '('
  | ')'
  | '|'
  | ':='
  | '='
  | 'mark'
  /** Go's lexer fails here; the text says why. */
  | 'invalid'
  | 'eof';

/** A part of a template that cannot be converted. */
export class NotConvertible extends Error {
  readonly line: number;
  constructor(line: number, what: string) {
    super(what);
    this.line = line;
  }
}

/**
 * The tokens of a template. `{{-` and `-}}` are applied here: they remove the spaces, tabs and line breaks next to them.
 */
export function tokensOf(template: string): readonly Token[] {
  const tokens: Token[] = [];
  try {
    readTokens(template, tokens);
  } catch (error) {
    if (!(error instanceof NotConvertible)) throw error;
    tokens.push({ kind: 'invalid', text: error.message, line: error.line });
  }
  return tokens;
}

function readTokens(template: string, tokens: Token[]): void {
  let at = 0;
  let line = 1;
  let trim = false;
  const text = (end: number, trimEnd: boolean): void => {
    const raw = template.slice(at, end);
    const start = trim ? raw.replace(/^[ \t\r\n]+/, '') : raw;
    const shown = trimEnd ? start.replace(/[ \t\r\n]+$/, '') : start;
    if (shown !== '') tokens.push({ kind: 'text', text: shown, line: line + linesIn(raw) - linesIn(start) });
    line += linesIn(raw);
    at = end;
  };
  for (let open = template.indexOf('{{'); open >= 0; open = template.indexOf('{{', at)) {
    const marker = /^-[ \t\r\n]/.test(template.slice(open + 2, open + 4));
    text(open, marker);
    const start = open + (marker ? 4 : 2);
    let end: number;
    if (template.startsWith('/*', start)) end = endOfComment(template, start, line);
    else {
      tokens.push({ kind: 'open', text: '{{', line });
      end = readAction(template, { start, line: line + linesIn(template.slice(open, start)) }, tokens);
    }
    const [close = ''] = CLOSE.exec(template.slice(end)) ?? [];
    trim = close.length > 2;
    at = end + close.length;
    line += linesIn(template.slice(open, at));
  }
  text(template.length, false);
  tokens.push({ kind: 'eof', text: '', line });
}

function linesIn(text: string): number {
  return text.split('\n').length - 1;
}

function endOfComment(template: string, start: number, line: number): number {
  const end = template.indexOf('*/', start + 2);
  if (end < 0) throw new NotConvertible(line, 'a comment has no end');
  if (!CLOSE.test(template.slice(end + 2))) throw new NotConvertible(line, 'a comment must end right before }}');
  return end + 2;
}

const CLOSE = /^(?:[ \t\r\n]-)?\}\}/;
const LETTER = '[\\p{L}\\p{Nd}_]';
/** What may follow a name. */
const END_OF_NAME = /^(?:[ \t\r\n.,|:)(]|\}\}|$)/;
const NUMBER =
  /^(?=[+-]|\.?[0-9])[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?|0[oO][0-7_]*|0[bB][01_]*|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)i?/;

const PATTERNS: readonly (readonly [TokenKind, RegExp])[] = [
  ['space', /^[ \t\r\n]+/],
  [':=', /^:=/],
  ['=', /^=/],
  ['|', /^\|/],
  ['(', /^\(/],
  [')', /^\)/],
  ['string', /^(?:"(?:[^"\\\n]|\\[^\n])*"|`[^`]*`)/],
  ['character', /^'(?:[^'\\\n]|\\[^\n])*'/],
  ['variable', new RegExp(`^\\$${LETTER}*`, 'u')],
  ['field', new RegExp(`^\\.(?![0-9])${LETTER}+`, 'u')],
  ['dot', /^\.(?![0-9])/],
  ['number', NUMBER],
  ['word', new RegExp(`^${LETTER}+`, 'u')],
  ['mark', /^[!-~]/],
];
const NAMES: readonly TokenKind[] = ['variable', 'field', 'dot', 'word'];

/** Adds the tokens after `{{`, and gives the position of the closing braces. */
function readAction(
  template: string,
  { start, line: firstLine }: { readonly start: number; readonly line: number },
  tokens: Token[],
): number {
  let at = start;
  let line = firstLine;
  let depth = 0;
  for (;;) {
    const rest = template.slice(at);
    if (CLOSE.test(rest)) break;
    const token = readToken(rest, line);
    if (token.kind === '(') depth += 1;
    if (token.kind === ')') depth -= 1;
    if (depth < 0) throw new NotConvertible(line, 'an opening ( is missing');
    tokens.push(token);
    at += token.text.length;
    line += linesIn(token.text);
  }
  if (depth > 0) throw new NotConvertible(line, 'a closing ) is missing');
  tokens.push({ kind: 'close', text: '}}', line });
  return at;
}

function readToken(rest: string, line: number): Token {
  if (rest === '') throw new NotConvertible(line, 'an action has no end: }} is missing');
  for (const [kind, pattern] of PATTERNS) {
    const [found = ''] = pattern.exec(rest) ?? [];
    if (found === '') continue;
    // The space before `-}}` belongs to the closing braces.
    const text = kind === 'space' && CLOSE.test(rest.slice(found.length - 1)) ? found.slice(0, -1) : found;
    checkEnd(kind, text, rest.slice(text.length), line);
    return { kind, text, line };
  }
  throw new NotConvertible(line, `unexpected character '${String.fromCodePoint(rest.codePointAt(0) ?? 0)}'`);
}

function checkEnd(kind: TokenKind, text: string, rest: string, line: number): void {
  if (NAMES.includes(kind) && !END_OF_NAME.test(rest))
    throw new NotConvertible(line, `unexpected text after '${text}'`);
  if (kind === 'number' && (/^[+-]$/.test(text) || new RegExp(`^${LETTER}|^[+-]`, 'u').test(rest)))
    throw new NotConvertible(line, `'${text}' begins a number that is not valid`);
  if (kind === 'mark' && /["'`]/.test(text)) throw new NotConvertible(line, `a string has no end: ${text} is missing`);
}
