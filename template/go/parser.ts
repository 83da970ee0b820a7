import { type Expression, parsePipeline } from './expression.ts';
import { NotConvertible, pieces, type Token, tokens } from './lexer.ts';

export type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'show'; readonly value: Expression; readonly line: number }
  /** The variable exists from here to the end of its block. */
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
      /** Names of the index and the element; null if the template has none. */
      readonly index: string | null;
      readonly element: string | null;
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
      readonly line: number;
    };

/** The nodes of a template, and the parts that cannot be converted. */
export type ParsedTemplate = { readonly nodes: readonly Node[]; readonly problems: readonly NotConvertible[] };

interface Reading {
  readonly pieces: ReturnType<typeof pieces>;
  at: number;
  readonly problems: NotConvertible[];
}

type Ending = 'end' | 'else' | 'eof';

/** Never throws. Parts that cannot be converted are left out and become problems. */
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
  /** The tokens after `else`. */
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
    // Variables in Handlebars cannot change: a value assigned in an inner block would be lost at its end.
    if (second.value === '=')
      throw new NotConvertible(line, `assigning another value to $${first.name} has no counterpart`);
    return { kind: 'assign', name: first.name, value: parsePipeline(words.slice(2), line), line };
  }
  return { kind: 'show', value: parsePipeline(words, line), line };
}

function readConditional(reading: Reading, kind: 'if' | 'with', words: readonly Token[], line: number): Node {
  const value = expressionOf(reading, () => parsePipeline(words, line));
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
  const value = expressionOf(reading, () => parsePipeline(rest, line));
  const body = readNodes(reading);
  return { kind: 'range', value, index, element, body: body.nodes, otherwise: readElse(reading, body, line), line };
}

/** If the value cannot be parsed, reports that and goes on, so that problems in the block are reported, too. */
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
  if (first) throw new NotConvertible(block.line, '{{else}} is followed by unknown words');
  const otherwise = readNodes(reading);
  if (otherwise.ending !== 'end') throw new NotConvertible(block.line, 'a block has no end: {{end}} is missing');
  return otherwise.nodes;
}
