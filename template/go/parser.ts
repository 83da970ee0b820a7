import { createReader, type Pipeline, type Reader, readPipeline, type Scope } from './expression.ts';
import { NotConvertible, tokensOf } from './lexer.ts';
import { parseString } from './literals.ts';

export type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'action'; readonly pipeline: Pipeline }
  | {
      readonly kind: 'if' | 'with' | 'range';
      readonly pipeline: Pipeline;
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
    }
  | { readonly kind: 'template'; readonly name: string; readonly pipeline: Pipeline | null; readonly line: number }
  | { readonly kind: 'break' | 'continue' };

export interface ParsedTemplate {
  readonly nodes: readonly Node[];
  /** The templates of `define` and `block`, by name. */
  readonly definitions: ReadonlyMap<string, readonly Node[]>;
  /** The parts that cannot be converted. */
  readonly problems: readonly NotConvertible[];
}

interface Parsing {
  readonly reader: Reader;
  readonly scope: Scope;
  /** Number of `range` around this place. */
  readonly loops: number;
  readonly definitions: Map<string, readonly Node[]>;
  readonly problems: NotConvertible[];
}

/** Parses a template. `name` is that of its file. Never throws: parts that cannot be converted become problems. */
export function parseGoTemplate(
  template: string,
  { name, functions }: { readonly name: string; readonly functions: ReadonlySet<string> },
): ParsedTemplate {
  const problems: NotConvertible[] = [];
  const definitions = new Map<string, readonly Node[]>();
  const nodes: Node[] = [];
  try {
    const reader = createReader(tokensOf(template));
    const parsing: Parsing = { reader, scope: { variables: [], functions }, loops: 0, definitions, problems };
    for (;;) {
      const { found, ending, line } = readNodes(parsing, true);
      nodes.push(...found);
      if (ending === 'eof') break;
      problems.push(new NotConvertible(line, `{{${ending}}} without a block`));
    }
    if (definitions.has(name) && !isEmpty(definitions.get(name) ?? []) && !isEmpty(nodes))
      problems.push(new NotConvertible(1, `{{define}} uses the name of the file, ${name}`));
  } catch (error) {
    if (!(error instanceof NotConvertible)) throw error;
    problems.push(error);
  }
  const main = isEmpty(nodes) ? (definitions.get(name) ?? nodes) : nodes;
  return { nodes: main, definitions: new Map([[name, main], ...definitions]), problems };
}

type Ending = 'end' | 'else' | 'else if' | 'eof';

interface Block {
  readonly found: readonly Node[];
  readonly ending: Ending;
  readonly line: number;
}

/** The nodes up to the end of the block. An action that cannot be read becomes a problem, and reading goes on behind it. */
function readNodes(parsing: Parsing, isTop = false): Block {
  const found: Node[] = [];
  for (;;) {
    const { kind, text, line } = parsing.reader.next();
    if (kind === 'eof') return { found, ending: 'eof', line };
    if (kind === 'text') {
      found.push({ kind: 'text', text });
      continue;
    }
    try {
      const read = readAction(parsing, isTop);
      if ('ending' in read) return { found, ...read, line };
      found.push(...read.nodes);
    } catch (error) {
      if (!(error instanceof NotConvertible)) throw error;
      parsing.problems.push(error);
      skipToClose(parsing.reader);
    }
  }
}

/** Tokens of an action never cross its end, so this stops at the end of the action that failed. */
function skipToClose(reader: Reader): void {
  while (!['text', 'open', 'eof'].includes(reader.peek('spaces').kind)) reader.next('spaces');
}

function readAction(
  parsing: Parsing,
  isTop: boolean,
): { readonly nodes: readonly Node[] } | { readonly ending: Ending } {
  const { reader, scope } = parsing;
  const { kind, text, line } = reader.peek();
  const keyword = kind === 'word' ? text : '';
  switch (keyword) {
    case 'end':
    case 'else':
      reader.next();
      return { ending: readEnding(reader, keyword) };
    case 'if':
    case 'with':
    case 'range':
      reader.next();
      return { nodes: [readControl(parsing, keyword)] };
    case 'break':
    case 'continue':
      reader.next();
      if (parsing.loops === 0) throw new NotConvertible(line, `{{${keyword}}} is not within {{range}}`);
      expectClose(reader);
      return { nodes: [{ kind: keyword }] };
    case 'define': {
      reader.next();
      if (!isTop) throw new NotConvertible(line, '{{define}} is within a block');
      const name = readName(reader);
      expectClose(reader);
      readDefinition(parsing, name, line);
      return { nodes: [] };
    }
    case 'block':
    case 'template':
      reader.next();
      return { nodes: [readTemplate(parsing, keyword, line)] };
    default:
      return {
        nodes: [{ kind: 'action', pipeline: readPipeline(reader, scope, { context: 'an action', end: 'close' }) }],
      };
  }
}

function readEnding(reader: Reader, keyword: 'end' | 'else'): Ending {
  if (keyword === 'else' && reader.peek().text === 'if') {
    reader.next();
    return 'else if';
  }
  expectClose(reader);
  return keyword;
}

function expectClose(reader: Reader): void {
  const { kind, text, line } = reader.next();
  if (kind !== 'close') throw new NotConvertible(line, `unexpected '${text}'`);
}

function readControl(parsing: Parsing, kind: 'if' | 'with' | 'range'): Node {
  // Variables that the block sets end with it.
  const scope = { ...parsing.scope, variables: [...parsing.scope.variables] };
  const pipeline = readHead({ ...parsing, scope }, kind);
  const branch = () => ({ ...scope, variables: [...scope.variables] });
  const body = readNodes({ ...parsing, scope: branch(), loops: parsing.loops + (kind === 'range' ? 1 : 0) });
  const otherwise = readElse({ ...parsing, scope: branch() }, { kind, line: pipeline.line }, body);
  return { kind, pipeline, body: body.found, otherwise };
}

/** If the value cannot be read, this is a problem, and the block is still read. */
function readHead({ reader, scope, problems }: Parsing, context: string): Pipeline {
  try {
    return readPipeline(reader, scope, { context, end: 'close' });
  } catch (error) {
    if (!(error instanceof NotConvertible)) throw error;
    problems.push(error);
    skipToClose(reader);
    return { line: error.line, variables: [], assigns: false, commands: [] };
  }
}

interface Opening {
  readonly kind: string;
  readonly line: number;
}

function readElse(parsing: Parsing, opening: Opening, { ending, line }: Block): readonly Node[] {
  if (ending === 'end') return [];
  if (ending === 'eof') throw withoutEnd(opening, line);
  if (ending === 'else if') {
    // Go 1.23 has `else with`; it has no `else if` in another block than `if`.
    if (opening.kind !== 'if') parsing.problems.push(new NotConvertible(line, '{{else if}} is not within {{if}}'));
    return [readControl(parsing, 'if')];
  }
  const otherwise = readNodes(parsing);
  if (otherwise.ending === 'end') return otherwise.found;
  throw withoutEnd(opening, otherwise.line);
}

/** Go names the line where the end is missing. */
function withoutEnd({ kind, line: begin }: Opening, line: number): NotConvertible {
  return new NotConvertible(line, `{{end}} is missing for {{${kind}}} on line ${begin}`);
}

function readName(reader: Reader): string {
  const { kind, text, line } = reader.next();
  const name = kind === 'string' ? parseString(text) : null;
  if (name === null) throw new NotConvertible(line, 'the name of a template must be a string');
  return name;
}

function readTemplate(parsing: Parsing, keyword: 'block' | 'template', line: number): Node {
  const { reader, scope } = parsing;
  const name = readName(reader);
  if (keyword === 'template' && reader.peek().kind === 'close') {
    reader.next();
    return { kind: 'template', name, pipeline: null, line };
  }
  const pipeline = readPipeline(reader, scope, { context: keyword, end: 'close' });
  if (keyword === 'block') readDefinition(parsing, name, line);
  return { kind: 'template', name, pipeline, line };
}

/** Reads up to the end of a `define` or `block` that begins on the line `begin`. */
function readDefinition(parsing: Parsing, name: string, begin: number): void {
  const { found, ending, line } = readNodes({ ...parsing, scope: { ...parsing.scope, variables: [] }, loops: 0 });
  if (ending !== 'end') throw withoutEnd({ kind: `define "${name}"`, line: begin }, line);
  const { definitions } = parsing;
  const before = definitions.get(name);
  if (before === undefined || isEmpty(before)) definitions.set(name, found);
  else if (!isEmpty(found)) throw new NotConvertible(line, `there are two templates with the name ${name}`);
}

/** Only white space: Go lets another definition replace this one. */
function isEmpty(nodes: readonly Node[]): boolean {
  return nodes.every((node) => node.kind === 'text' && node.text.trim() === '');
}
