/** A piece of a Go template: literal text, or the content of a pair of braces. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  /** `line` counts from 1. */
  | { readonly kind: 'action'; readonly source: string; readonly line: number };

/** The content of a pair of braces, in tokens. */
export type Token =
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'number'; readonly value: string }
  /** `.`, `.Key`, `.Data.name`: the names of the fields; none for the dot alone. */
  | { readonly kind: 'field'; readonly path: readonly string[] }
  /** `$`, `$x`, `$x.Key`. */
  | { readonly kind: 'variable'; readonly name: string; readonly path: readonly string[] }
  | { readonly kind: 'word'; readonly value: string }
  | { readonly kind: 'mark'; readonly value: '(' | ')' | '|' | ':=' | '=' | ',' };

/** A part of a template that cannot be converted; `line` counts from 1. */
export class NotConvertible extends Error {
  readonly line: number;
  constructor(line: number, what: string) {
    super(what);
    this.line = line;
  }
}

/**
 * Splits a template into text and actions. `{{-` and `-}}` remove the white space next to them, as in Go. This happens here,
 * so that there is nothing left to convert.
 */
export function pieces(template: string): readonly Piece[] {
  const found: Piece[] = [];
  let at = 0;
  let line = 1;
  let trimNext = false;
  const text = (end: number, trimEnd: boolean): void => {
    const raw = template.slice(at, end);
    const from = trimNext ? raw.trimStart() : raw;
    const shown = trimEnd ? from.trimEnd() : from;
    if (shown !== '') found.push({ kind: 'text', text: shown });
    line += linesIn(raw);
  };
  for (let open = template.indexOf('{{', at); open >= 0; open = template.indexOf('{{', at)) {
    const trimBefore = /^\{\{-\s/.test(template.slice(open, open + 4));
    text(open, trimBefore);
    const close = endOfAction(template, open + 2, line);
    const inner = template.slice(open + 2, close);
    trimNext = /\s-$/.test(inner);
    const source = inner.replace(/^-\s/, '').replace(/\s-$/, '').trim();
    if (!/^\/\*[\s\S]*\*\/$/.test(source)) found.push({ kind: 'action', source, line });
    line += linesIn(inner);
    at = close + 2;
  }
  text(template.length, false);
  return found;
}

function linesIn(text: string): number {
  return text.split('\n').length - 1;
}

/** The position of the closing braces. Braces in strings and comments do not count. */
function endOfAction(template: string, start: number, line: number): number {
  if (/^(-\s)?\s*\/\*/.test(template.slice(start))) {
    const end = template.indexOf('*/', start);
    const close = template.indexOf('}}', end);
    if (end < 0 || close < 0) throw new NotConvertible(line, 'a comment has no end');
    return close;
  }
  const quoted = /"(?:[^"\\\n]|\\.)*"|`[^`]*`|'(?:[^'\\\n]|\\.)*'|\}\}/g;
  quoted.lastIndex = start;
  for (let match = quoted.exec(template); match; match = quoted.exec(template)) {
    if (match[0] === '}}') return match.index;
  }
  throw new NotConvertible(line, 'an action has no end: }} is missing');
}

const WORDS =
  /\s+|("(?:[^"\\]|\\.)*"|`[^`]*`|'(?:[^'\\]|\\.)*')|(-?\d+(?:\.\d+)?)|(\$[\w]*)((?:\.\w+)*)|((?:\.\w+)+|\.)|(\w+)|(:=|[()|=,])/gy;

/** The tokens of an action. */
export function tokens(source: string, line: number): readonly Token[] {
  const found: Token[] = [];
  const words = new RegExp(WORDS);
  while (words.lastIndex < source.length) {
    const before = words.lastIndex;
    const match = words.exec(source);
    if (!match) throw new NotConvertible(line, `cannot read '${source.slice(before)}'`);
    const token = tokenOf(match, line);
    if (token) found.push(token);
  }
  return found;
}

function tokenOf(match: RegExpExecArray, line: number): Token | null {
  const [, quoted, number, variable, fields, field, word, mark] = match;
  if (quoted !== undefined) return { kind: 'string', value: unquoted(quoted, line) };
  if (number !== undefined) return { kind: 'number', value: number };
  if (variable !== undefined) return { kind: 'variable', name: variable.slice(1), path: pathOf(fields ?? '') };
  if (field !== undefined) return { kind: 'field', path: pathOf(field) };
  if (word !== undefined) return { kind: 'word', value: word };
  if (mark !== undefined) return { kind: 'mark', value: mark as '(' };
  return null;
}

function pathOf(fields: string): readonly string[] {
  return fields.split('.').filter((name) => name !== '');
}

function unquoted(text: string, line: number): string {
  if (text.startsWith('`')) return text.slice(1, -1);
  if (text.startsWith("'")) throw new NotConvertible(line, `a character constant (${text}) has no counterpart`);
  try {
    return JSON.parse(
      text
        .replace(/\\a/g, '\\u0007')
        .replace(/\\v/g, '\\u000b')
        .replace(/\\x([0-9a-f]{2})/gi, '\\u00$1'),
    ) as string;
  } catch {
    throw new NotConvertible(line, `cannot read the string ${text}`);
  }
}
