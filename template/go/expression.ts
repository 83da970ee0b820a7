import { NotConvertible, type Token } from './lexer.ts';

/** A value in a Go template. */
export type Expression =
  | { readonly kind: 'string'; readonly value: string }
  /** Numbers, true, false and nil, as written. */
  | { readonly kind: 'literal'; readonly value: string }
  | { readonly kind: 'field'; readonly path: readonly string[] }
  | { readonly kind: 'variable'; readonly name: string; readonly path: readonly string[] }
  | { readonly kind: 'call'; readonly name: string; readonly arguments: readonly Expression[] };

/** Parses a pipeline: `a | f b` is the call `f b a`. */
export function parsePipeline(words: readonly Token[], line: number): Expression {
  if (words.length === 0) throw new NotConvertible(line, 'a value is missing');
  const commands = splitAtPipes(words);
  const [first = [], ...rest] = commands;
  return rest.reduce<Expression>(
    (value, command) => {
      const call = parseCommand(command, line);
      if (call.kind !== 'call') throw new NotConvertible(line, 'there is no function after |');
      return { ...call, arguments: [...call.arguments, value] };
    },
    parseCommand(first, line),
  );
}

function splitAtPipes(words: readonly Token[]): readonly (readonly Token[])[] {
  const commands: Token[][] = [[]];
  let depth = 0;
  for (const word of words) {
    if (word.kind === 'mark' && word.value === '(') depth += 1;
    if (word.kind === 'mark' && word.value === ')') depth -= 1;
    if (word.kind === 'mark' && word.value === '|' && depth === 0) commands.push([]);
    else commands.at(-1)?.push(word);
  }
  return commands;
}

const LITERALS = ['true', 'false', 'nil'];

/** A function with its arguments, or a single value. */
function parseCommand(words: readonly Token[], line: number): Expression {
  const [first, ...rest] = words;
  if (!first) throw new NotConvertible(line, 'a value is missing');
  if (first.kind === 'word' && !LITERALS.includes(first.value)) {
    return { kind: 'call', name: first.value, arguments: parseOperands(rest, line) };
  }
  const [value, more] = parseOperands(words, line);
  if (!value || more) throw new NotConvertible(line, 'one value follows another; method calls have no counterpart');
  return value;
}

function parseOperands(words: readonly Token[], line: number): readonly Expression[] {
  const operands: Expression[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at];
    if (word?.kind === 'mark' && word.value === '(') {
      const end = closing(words, at, line);
      operands.push(parsePipeline(words.slice(at + 1, end), line));
      at = end;
    } else if (word) operands.push(operandOf(word, line));
  }
  return operands;
}

function operandOf(word: Token, line: number): Expression {
  switch (word.kind) {
    case 'string':
    case 'field':
    case 'variable':
      return word;
    case 'number':
      return { kind: 'literal', value: word.value };
    case 'word':
      return LITERALS.includes(word.value)
        ? { kind: 'literal', value: word.value }
        : { kind: 'call', name: word.value, arguments: [] };
    default:
      throw new NotConvertible(line, `unexpected '${word.value}'`);
  }
}

function closing(words: readonly Token[], open: number, line: number): number {
  let depth = 0;
  for (let at = open; at < words.length; at += 1) {
    const word = words[at];
    if (word?.kind !== 'mark') continue;
    if (word.value === '(') depth += 1;
    if (word.value === ')') depth -= 1;
    if (depth === 0) return at;
  }
  throw new NotConvertible(line, ') is missing');
}
