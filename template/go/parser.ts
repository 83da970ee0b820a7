import { NotConvertible, pieces, type Token, tokens } from './lexer.ts';

/** A value in a Go template. */
export type Expression =
  | { readonly kind: 'string'; readonly value: string }
  /** Numbers, true, false and nil, as written. */
  | { readonly kind: 'literal'; readonly value: string }
  | { readonly kind: 'field'; readonly path: readonly string[] }
  | { readonly kind: 'variable'; readonly name: string; readonly path: readonly string[] }
  | { readonly kind: 'call'; readonly name: string; readonly arguments: readonly Expression[] };

export type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'show'; readonly value: Expression; readonly line: number }
  /** Holds from here to the end of the block it stands in. */
  | { readonly kind: 'assign'; readonly name: string; readonly value: Expression; readonly line: number }
  | {
      readonly kind: 'if' | 'with';
      readonly value: Expression;
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
      readonly line: number;
    }
  | {
      readonly kind: 'range';
      readonly value: Expression;
      /** Names of the index and the element; null where the template names none. */
      readonly index: string | null;
      readonly element: string | null;
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
      readonly line: number;
    };

/** A template, or a list of all that cannot be understood in it. */
export type ParsedTemplate = { readonly nodes: readonly Node[]; readonly problems: readonly NotConvertible[] };

interface Reading {
  readonly pieces: ReturnType<typeof pieces>;
  at: number;
  readonly problems: NotConvertible[];
}

type Ending = 'end' | 'else' | 'eof';

/** Never throws; what cannot be read is left out and named. */
export function parseGoTemplate(template: string): ParsedTemplate {
  try {
    const reading: Reading = { pieces: pieces(template), at: 0, problems: [] };
    const { nodes, ending, line } = readNodes(reading);
    if (ending !== 'eof') reading.problems.push(new NotConvertible(line, `{{${ending}}} without a block`));
    return { nodes, problems: reading.problems };
  } catch (error) {
    if (error instanceof NotConvertible) return { nodes: [], problems: [error] };
    throw error;
  }
}

interface Block {
  readonly nodes: readonly Node[];
  readonly ending: Ending;
  /** What follows the word `else`. */
  readonly rest: readonly Token[];
  readonly line: number;
}

function readNodes(reading: Reading): Block {
  const nodes: Node[] = [];
  let line = 1;
  while (reading.at < reading.pieces.length) {
    const piece = reading.pieces[reading.at];
    reading.at += 1;
    if (!piece) break;
    if (piece.kind === 'text') {
      nodes.push({ kind: 'text', text: piece.text });
      continue;
    }
    line = piece.line;
    try {
      const words = tokens(piece.source, line);
      const [first] = words;
      if (first?.kind === 'word' && (first.value === 'end' || first.value === 'else')) {
        return { nodes, ending: first.value, rest: words.slice(1), line };
      }
      nodes.push(readAction(reading, words, line));
    } catch (error) {
      if (!(error instanceof NotConvertible)) throw error;
      reading.problems.push(error);
    }
  }
  return { nodes, ending: 'eof', rest: [], line };
}

const NO_COUNTERPART = ['template', 'define', 'block', 'break', 'continue'];

function readAction(reading: Reading, words: readonly Token[], line: number): Node {
  const [first, ...rest] = words;
  if (first?.kind === 'word') {
    if (first.value === 'range') return readRange(reading, rest, line);
    if (first.value === 'if' || first.value === 'with') return readConditional(reading, first.value, rest, line);
    if (NO_COUNTERPART.includes(first.value)) throw new NotConvertible(line, `{{${first.value}}} has no counterpart`);
  }
  const [, second] = words;
  if (first?.kind === 'variable' && second?.kind === 'mark' && (second.value === ':=' || second.value === '=')) {
    // Variables do not change in Handlebars: a new value in an inner block would be lost at its end.
    if (second.value === '=')
      throw new NotConvertible(line, `$${first.name} is given another value, which has no counterpart`);
    return { kind: 'assign', name: first.name, value: readPipeline(words.slice(2), line), line };
  }
  return { kind: 'show', value: readPipeline(words, line), line };
}

function readConditional(reading: Reading, kind: 'if' | 'with', words: readonly Token[], line: number): Node {
  const value = expressionOf(reading, () => readPipeline(words, line));
  const body = readNodes(reading);
  return { kind, value, body: body.nodes, otherwise: readElse(reading, body, line), line };
}

function readRange(reading: Reading, words: readonly Token[], line: number): Node {
  const [first, second, third, fourth] = words;
  const isMark = (token: Token | undefined, value: string) => token?.kind === 'mark' && token.value === value;
  let index: string | null = null;
  let element: string | null = null;
  let rest = words;
  if (first?.kind === 'variable' && isMark(second, ':=')) {
    element = first.name;
    rest = words.slice(2);
  } else if (first?.kind === 'variable' && isMark(second, ',') && third?.kind === 'variable' && isMark(fourth, ':=')) {
    index = first.name;
    element = third.name;
    rest = words.slice(4);
  }
  const value = expressionOf(reading, () => readPipeline(rest, line));
  const body = readNodes(reading);
  return { kind: 'range', value, index, element, body: body.nodes, otherwise: readElse(reading, body, line), line };
}

/** What cannot be read is told, and its block is read on: it has problems of its own to tell. */
function expressionOf(reading: Reading, read: () => Expression): Expression {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof NotConvertible)) throw error;
    reading.problems.push(error);
    return { kind: 'literal', value: 'false' };
  }
}

function readElse(reading: Reading, block: Block, line: number): readonly Node[] {
  if (block.ending === 'end') return [];
  if (block.ending === 'eof') throw new NotConvertible(line, 'a block has no end: {{end}} is missing');
  const [first, ...rest] = block.rest;
  if (first?.kind === 'word' && (first.value === 'if' || first.value === 'with')) {
    return [readConditional(reading, first.value, rest, block.line)];
  }
  if (first) throw new NotConvertible(block.line, '{{else}} is followed by something unknown');
  const otherwise = readNodes(reading);
  if (otherwise.ending !== 'end') throw new NotConvertible(block.line, 'a block has no end: {{end}} is missing');
  return otherwise.nodes;
}

/** `a | f b` is `f b a`. */
function readPipeline(words: readonly Token[], line: number): Expression {
  if (words.length === 0) throw new NotConvertible(line, 'a value is missing');
  const commands = splitAtPipes(words);
  const [first = [], ...rest] = commands;
  return rest.reduce<Expression>(
    (value, command) => {
      const call = readCommand(command, line);
      if (call.kind !== 'call') throw new NotConvertible(line, 'what follows | is no function');
      return { ...call, arguments: [...call.arguments, value] };
    },
    readCommand(first, line),
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
function readCommand(words: readonly Token[], line: number): Expression {
  const [first, ...rest] = words;
  if (!first) throw new NotConvertible(line, 'a value is missing');
  if (first.kind === 'word' && !LITERALS.includes(first.value)) {
    return { kind: 'call', name: first.value, arguments: readOperands(rest, line) };
  }
  const [value, more] = readOperands(words, line);
  if (!value || more)
    throw new NotConvertible(line, 'a value is followed by another one; calls of methods have no counterpart');
  return value;
}

function readOperands(words: readonly Token[], line: number): readonly Expression[] {
  const operands: Expression[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at];
    if (word?.kind === 'mark' && word.value === '(') {
      const end = closing(words, at, line);
      operands.push(readPipeline(words.slice(at + 1, end), line));
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
      throw new NotConvertible(line, `'${word.value}' is out of place`);
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
