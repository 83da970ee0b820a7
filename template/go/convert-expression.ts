import type { Command, Expression, Pipeline } from './expression.ts';
import { type GoFunctions, parameterAt } from './signature.ts';

/** Converted text, or the Go line of what follows. */
export type Piece = string | number;

/** A pipeline: `a | f b` is the call `f b a`. */
export function pipelineOf({ commands }: Pipeline, functions: GoFunctions): readonly Piece[] {
  return commands.reduce<readonly Piece[]>((final, command) => commandOf(command, final, functions), []);
}

function commandOf({ first, rest }: Command, final: readonly Piece[], functions: GoFunctions): readonly Piece[] {
  const last = final.length > 0 ? [' ', ...final] : [];
  const hasArguments = rest.length > 0 || final.length > 0;
  const values = (name: string) => [
    ...rest.flatMap((value, at) => [' ', ...argumentOf(value, functions, [name, at])]),
    ...last,
  ];
  switch (first.kind) {
    case 'function':
      return [first.line, `(${first.name}`, ...values(first.name), ')'];
    case 'field':
    case 'chain':
      return memberOf(first, values(''), functions);
    case 'variable':
      if (first.path.length > 0) return memberOf(first, values(''), functions);
      break;
    case 'nil':
      return failure(first, 'nil is not a value that can be shown');
    default:
  }
  return hasArguments ? failure(first, 'a value that is not a function has arguments') : argumentOf(first, functions);
}

function failure({ line }: Expression, what: string): readonly Piece[] {
  return [line, `(fail ${quoted(what)})`];
}

function memberOf(
  expression: Extract<Expression, { kind: 'field' | 'chain' | 'variable' }>,
  values: readonly Piece[],
  functions: GoFunctions,
): readonly Piece[] {
  const { line, path } = expression;
  return [line, '(member ', ...ownerOf(expression, functions), ` ${quoted(path.join('.'))}`, ...values, ')'];
}

function ownerOf(
  expression: Extract<Expression, { kind: 'field' | 'chain' | 'variable' }>,
  functions: GoFunctions,
): readonly Piece[] {
  switch (expression.kind) {
    case 'field':
      return ['this'];
    case 'variable':
      return [variablePath(variableName(expression.name))];
    case 'chain':
      return argumentOf(expression.of, functions);
  }
}

/** A value as an argument. `place`: the function, and the position, which decide about the type of a constant. */
function argumentOf(value: Expression, functions: GoFunctions, place?: readonly [string, number]): readonly Piece[] {
  switch (value.kind) {
    case 'string':
      return [stringOf(value.value)];
    case 'number':
      return [value.line, numberOf(value, functions, place)];
    case 'bool':
      return [String(value.value)];
    case 'nil':
      return ['null'];
    case 'dot':
      return ['this'];
    case 'function':
      return [value.line, `(${value.name})`];
    case 'field':
    case 'chain':
      return memberOf(value, [], functions);
    case 'variable':
      if (value.path.length > 0) return memberOf(value, [], functions);
      return [variablePath(variableName(value.name))];
    case 'pipeline':
      return parenthesesOf(value.pipeline, functions);
  }
}

/** Parentheses turn a nil member into a missing value; calls do so themselves. */
function parenthesesOf(pipeline: Pipeline, functions: GoFunctions): readonly Piece[] {
  const value = pipelineOf(pipeline, functions);
  const last = pipeline.commands.at(-1)?.first.kind;
  return last === 'dot' || last === 'variable' ? ['(value ', ...value, ')'] : value;
}

function numberOf(
  { value }: Extract<Expression, { kind: 'number' }>,
  functions: GoFunctions,
  place: readonly [string, number] | undefined,
): string {
  const [name = '', at = 0] = place ?? [];
  const called = functions[name];
  const isInt = called !== undefined && parameterAt(called, at) === 'int' && value.int !== null;
  if (value.isFloat && !isInt) return `(float ${quoted(Object.is(value.float, -0) ? '-0' : String(value.float))})`;
  if (value.int === null) return '(fail "the number is larger than an int")';
  const number = Number(value.int);
  return Number.isSafeInteger(number) ? String(number) : `(int "${value.int}")`;
}

/** Names that Handlebars or the helpers use for themselves. */
const RESERVED = ['root', 'dot', 'loop', 'declared', 'templates', 'functions', 'depth', '_parent', '__proto__'];

/** Words that Handlebars does not read as names. */
const WORDS = ['this', 'true', 'false', 'null', 'undefined'];

/** `$x` is `@x`, and `$` is `@root`. */
export function variableName(name: string): string {
  if (name === '') return 'root';
  return RESERVED.includes(name) ? `$${name}` : name;
}

export function variablePath(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) && !WORDS.includes(name) ? `@${name}` : `@[${name}]`;
}

/** Strings in Handlebars have no escapes, so one with both kinds of quotes or a control character is decoded when it is rendered. */
export function stringOf(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
  if (/[\x00-\x1f\\\x7f]/.test(value) || (value.includes('"') && value.includes("'"))) {
    return `(unescape "${encodeURIComponent(value)}")`;
  }
  return quoted(value);
}

export function quoted(value: string): string {
  return value.includes('"') ? `'${value}'` : `"${value}"`;
}
