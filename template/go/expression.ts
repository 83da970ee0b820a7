import { NotConvertible, type Token } from './lexer.ts';
import { type NumberLiteral, parseCharacter, parseNumber, parseString } from './literals.ts';

/** A value in a Go template. `line` counts from 1. */
export type Expression = { readonly line: number } & (
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'number'; readonly value: NumberLiteral }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'nil' | 'dot' }
  /** `.Key`: members of the dot. */
  | { readonly kind: 'field'; readonly path: readonly string[] }
  /** `$x.Key`; the name of `$` is empty. */
  | { readonly kind: 'variable'; readonly name: string; readonly path: readonly string[] }
  /** `(call).Key`: members of a value. */
  | { readonly kind: 'chain'; readonly of: Expression; readonly path: readonly string[] }
  | { readonly kind: 'function'; readonly name: string }
  | { readonly kind: 'pipeline'; readonly pipeline: Pipeline }
);

/** A value, and the values after it. */
export interface Command {
  readonly first: Expression;
  readonly rest: readonly Expression[];
}

export interface Pipeline {
  readonly line: number;
  /** Names of the variables that the pipeline sets. */
  readonly variables: readonly string[];
  /** `=` instead of `:=`. */
  readonly assigns: boolean;
  readonly commands: readonly Command[];
}

/** Tokens in order. Spaces are skipped unless `spaces`. Throws NotConvertible at an invalid token. */
export interface Reader {
  peek(spaces?: 'spaces'): Token;
  next(spaces?: 'spaces'): Token;
  /** The token after the next one. */
  peekSecond(): Token;
}

export function createReader(tokens: readonly Token[]): Reader {
  let at = 0;
  const end: Token = { kind: 'eof', text: '', line: tokens.at(-1)?.line ?? 1 };
  const skipSpaces = (from: number) => (tokens[from]?.kind === 'space' ? from + 1 : from);
  const tokenAt = (position: number): Token => {
    const token = tokens[position] ?? end;
    if (token.kind === 'invalid') throw new NotConvertible(token.line, token.text);
    return token;
  };
  return {
    peek: (spaces) => tokenAt(spaces ? at : skipSpaces(at)),
    next: (spaces) => {
      const position = spaces ? at : skipSpaces(at);
      at = position + 1;
      return tokenAt(position);
    },
    peekSecond: () => tokenAt(skipSpaces(skipSpaces(at) + 1)),
  };
}

export interface Scope {
  /** Variables that exist here. */
  readonly variables: string[];
  readonly functions: ReadonlySet<string>;
}

export interface PipelineContext {
  /** The action, for messages; only `range` may set two variables. */
  readonly context: string;
  readonly end: 'close' | ')';
}

/** Reads a pipeline and the token after it, `end`. */
export function readPipeline(reader: Reader, scope: Scope, { context, end }: PipelineContext): Pipeline {
  const { line } = reader.peek();
  const { variables, assigns } = readVariables(reader, context);
  if (variables.length > 0 && end === ')')
    throw new NotConvertible(line, 'a variable is set within parentheses; set it in an action of its own');
  if (assigns && context === 'range')
    throw new NotConvertible(line, '{{range}} sets an existing variable; versions of Go differ here, so use :=');
  for (const name of assigns ? variables : []) checkVariable(name, line, scope);
  const commands: Command[] = [];
  while (reader.peek().kind !== end) commands.push(readCommand(reader, scope));
  reader.next();
  if (commands.length === 0) throw new NotConvertible(line, `a value is missing in ${context}`);
  for (const { first } of commands.slice(1)) {
    if (['bool', 'dot', 'nil', 'number', 'string'].includes(first.kind))
      throw new NotConvertible(first.line, 'there is no function after |');
  }
  scope.variables.push(...variables);
  return { line, variables, assigns, commands };
}

/** The variables before `:=` or `=`. */
function readVariables(reader: Reader, context: string): Pick<Pipeline, 'variables' | 'assigns'> {
  const variables: string[] = [];
  while (reader.peek().kind === 'variable') {
    const { kind, text, line } = reader.peekSecond();
    if (kind !== ':=' && kind !== '=' && text !== ',') break;
    variables.push(reader.next().text.slice(1));
    reader.next();
    if (text !== ',') return { variables, assigns: kind === '=' };
    if (context !== 'range' || variables.length > 1) throw new NotConvertible(line, `too many variables in ${context}`);
  }
  if (variables.length > 0) throw new NotConvertible(reader.peek().line, ':= is missing');
  return { variables, assigns: false };
}

function checkVariable(name: string, line: number, { variables }: Scope): void {
  if (name !== '' && !variables.includes(name))
    throw new NotConvertible(line, `there is no variable $${name} in this block`);
}

function readCommand(reader: Reader, scope: Scope): Command {
  const values: Expression[] = [];
  for (;;) {
    const value = readOperand(reader, scope);
    if (value) values.push(value);
    const token = reader.peek('spaces');
    if (token.kind === 'space') {
      reader.next('spaces');
      continue;
    }
    if (token.kind === '|') reader.next();
    else if (token.kind !== 'close' && token.kind !== ')')
      throw new NotConvertible(token.line, `unexpected '${token.text}'`);
    const [first, ...rest] = values;
    if (!first) throw new NotConvertible(token.line, 'a value is missing');
    return { first, rest };
  }
}

/** A value and the members after it. Null: the next token is not a value. */
function readOperand(reader: Reader, scope: Scope): Expression | null {
  const of = readTerm(reader, scope);
  if (of === null) return null;
  const path: string[] = [];
  while (reader.peek('spaces').kind === 'field') path.push(reader.next('spaces').text.slice(1));
  if (path.length === 0) return of;
  switch (of.kind) {
    case 'field':
    case 'variable':
      return { ...of, path: [...of.path, ...path] };
    case 'function':
    case 'pipeline':
      return { kind: 'chain', of, path, line: of.line };
    default:
      throw new NotConvertible(of.line, `unexpected . after ${of.kind === 'nil' ? 'nil' : 'a constant'}`);
  }
}

const KEYWORDS = ['block', 'break', 'continue', 'define', 'else', 'end', 'if', 'range', 'template', 'with'];

function readTerm(reader: Reader, scope: Scope): Expression | null {
  const token = reader.peek();
  switch (token.kind) {
    case 'close':
    case ')':
    case '|':
      return null;
    case '(':
      reader.next();
      return {
        kind: 'pipeline',
        line: token.line,
        pipeline: readPipeline(reader, scope, { context: 'parentheses', end: ')' }),
      };
    default:
      reader.next();
      return termOf(token, scope);
  }
}

function termOf({ kind, text, line }: Token, scope: Scope): Expression {
  const name = text.slice(1);
  switch (kind) {
    case 'dot':
      return { kind, line };
    case 'field':
      return { kind, path: [name], line };
    case 'variable':
      checkVariable(name, line, scope);
      return { kind, name, path: [], line };
    case 'word':
      if (text === 'nil') return { kind: 'nil', line };
      if (text === 'true' || text === 'false') return { kind: 'bool', value: text === 'true', line };
      if (KEYWORDS.includes(text)) throw new NotConvertible(line, `unexpected '${text}'`);
      if (!scope.functions.has(text)) throw new NotConvertible(line, `there is no function ${text}${reasonFor(text)}`);
      return { kind: 'function', name: text, line };
    case 'string': {
      const value = parseString(text);
      if (value === null) throw new NotConvertible(line, `${text} is not a valid string in UTF-8`);
      return { kind, value, line };
    }
    case 'number':
    case 'character': {
      const value = kind === 'number' ? parseNumber(text) : characterOf(text);
      if (value === null) throw new NotConvertible(line, `${text} is not a valid ${kind}`);
      return { kind: 'number', value, line };
    }
    default:
      throw new NotConvertible(line, `unexpected '${text}'`);
  }
}

function characterOf(text: string): NumberLiteral | null {
  const value = parseCharacter(text);
  return value === null ? null : { int: BigInt(value), float: value, isFloat: false };
}

/** Why a function of confd is not there. */
function reasonFor(name: string): string {
  if (name.startsWith('lookup')) return '; use the metadata instead of DNS';
  return /^cgetv?s?$/.test(name) ? '; values cannot be decrypted' : '';
}
