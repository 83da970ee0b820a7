import type { Problem } from '../../model/index.ts';
import { type Piece, pipelineOf, quoted, stringOf, variableName, variablePath } from './convert-expression.ts';
import type { Pipeline } from './expression.ts';
import type { NotConvertible } from './lexer.ts';
import { type Node, parseGoTemplate } from './parser.ts';
import type { GoFunctions } from './signature.ts';

/** The first line of a converted template. It selects Go's functions, types and white space. */
export const GO_MARK = '{{!-- Converted from Go: with its functions, types and white space. --}}\n';

export type Converted =
  | {
      readonly ok: true;
      readonly text: string;
      /** The line of the Go template for a position in the converted text, both from 1; columns from 0. */
      lineOf(at: { readonly line: number; readonly column: number }): number;
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Converts a confd template (Go's text/template with confd's functions) to a Handlebars template with the same output.
 * Fails with one problem for each line that Go refuses or that has no counterpart.
 */
export function convertGoTemplate(
  template: string,
  { name, functions }: { readonly name: string; readonly functions: GoFunctions },
): Converted {
  const parsed = parseGoTemplate(template, {
    name: name.split('/').at(-1) ?? name,
    functions: new Set(Object.keys(functions)),
  });
  const found = parsed.problems.map((problem) => problemOf(name, problem));
  if (found.length > 0) return { ok: false, problems: unique(found) };
  const used = namesUsed([...parsed.definitions.values(), parsed.nodes]);
  const definitions = [...parsed.definitions].filter(([own]) => used.has(own));
  const pieces = [
    ...definitions.flatMap(([own, nodes]) => [
      `{{#define ${stringOf(own)}}}`,
      ...listOf(nodes, functions),
      '{{/define}}',
    ]),
    ...listOf(parsed.nodes, functions),
  ];
  return { ok: true, ...joined(pieces) };
}

function problemOf(name: string, { line, message }: NotConvertible): Problem {
  return {
    subject: `${name} line ${line}`,
    what: `cannot be converted: ${message}`,
    hint: 'write this part as Handlebars; docs/templates.md has a table of counterparts',
  };
}

/** A part that is not valid is met again at the end of the block around it. */
function unique(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.map((problem) => [`${problem.subject}: ${problem.what}`, problem])).values()];
}

function joined(pieces: readonly Piece[]): Pick<Extract<Converted, { ok: true }>, 'text' | 'lineOf'> {
  let text = GO_MARK;
  const marks: { readonly offset: number; readonly line: number }[] = [];
  for (const piece of pieces) {
    if (typeof piece === 'string') text += piece;
    else marks.push({ offset: text.length, line: piece });
  }
  const starts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
  return {
    text,
    lineOf: ({ line, column }) => {
      const offset = (starts[line - 1] ?? 0) + column;
      return marks.findLast((mark) => mark.offset <= offset)?.line ?? 1;
    },
  };
}

/** Names of the templates that are called. */
function namesUsed(lists: readonly (readonly Node[])[]): ReadonlySet<string> {
  const names = (nodes: readonly Node[]): readonly string[] =>
    nodes.flatMap((node) => {
      if (node.kind === 'template') return [node.name];
      return 'body' in node ? [...names(node.body), ...names(node.otherwise)] : [];
    });
  return new Set(lists.flatMap(names));
}

function listOf(nodes: readonly Node[], functions: GoFunctions): readonly Piece[] {
  const pieces: Piece[] = [];
  let open = 0;
  for (const [at, node] of nodes.entries()) {
    pieces.push(...nodeOf(node, functions));
    if (mayLeave(node) && at < nodes.length - 1) {
      pieces.push('{{#unlessLeft}}');
      open += 1;
    }
  }
  return [...pieces, '{{/unlessLeft}}'.repeat(open)];
}

/** Whether a node can leave the loop around it. */
function mayLeave(node: Node): boolean {
  if (node.kind === 'break' || node.kind === 'continue') return true;
  if (!('body' in node)) return false;
  return (node.kind !== 'range' && node.body.some(mayLeave)) || node.otherwise.some(mayLeave);
}

function nodeOf(node: Node, functions: GoFunctions): readonly Piece[] {
  switch (node.kind) {
    case 'text':
      return [escapeText(node.text)];
    case 'action':
      return actionOf(node.pipeline, functions);
    case 'break':
    case 'continue':
      return [`{{${node.kind}}}`];
    case 'template':
      return templateOf(node, functions);
    default:
      return [node.pipeline.line, '{{#', ...blockOf(node, functions), `{{/${node.kind}}}`];
  }
}

function actionOf(pipeline: Pipeline, functions: GoFunctions): readonly Piece[] {
  const value = pipelineOf(pipeline, functions);
  const [name] = pipeline.variables;
  const helper = name === undefined ? 'show' : `${pipeline.assigns ? 'set' : 'let'} ${quoted(variableName(name))}`;
  return [pipeline.line, `{{${helper} `, ...value, '}}'];
}

/** Everything between `{{#` and the closing tag. `else if` stays in one tag. */
function blockOf(node: Extract<Node, { body: readonly Node[] }>, functions: GoFunctions): readonly Piece[] {
  const { kind, pipeline, body, otherwise } = node;
  const [first, second] = otherwise;
  const pieces = [
    `${kind} `,
    pipeline.line,
    ...pipelineOf(pipeline, functions),
    `${settings(kind, pipeline)}}}`,
    ...listOf(body, functions),
  ];
  if (!first) return pieces;
  if (kind === 'if' && first.kind === 'if' && !second)
    return [...pieces, first.pipeline.line, '{{else ', ...blockOf(first, functions)];
  return [...pieces, '{{else}}', ...listOf(otherwise, functions)];
}

/** The variables that a block sets. */
function settings(kind: 'if' | 'with' | 'range', { variables, assigns }: Pipeline): string {
  const names = variables.map((name) => quoted(variableName(name)));
  if (kind !== 'range') return names.map((name) => ` ${assigns ? 'set' : 'let'}=${name}`).join('');
  const [element, index] = names.toReversed();
  return `${index === undefined ? '' : ` index=${index}`}${element === undefined ? '' : ` element=${element}`}`;
}

function templateOf(
  { name, pipeline, line }: Extract<Node, { kind: 'template' }>,
  functions: GoFunctions,
): readonly Piece[] {
  if (pipeline === null) return [line, `{{template ${stringOf(name)}}}`];
  const value = pipelineOf(pipeline, functions);
  const [variable] = pipeline.variables;
  if (variable === undefined) return [line, `{{template ${stringOf(name)} `, ...value, '}}'];
  const own = variableName(variable);
  const helper = pipeline.assigns ? 'set' : 'let';
  return [line, `{{${helper} ${quoted(own)} `, ...value, '}}', `{{template ${stringOf(name)} ${variablePath(own)}}}`];
}

/** Handlebars would read a brace or a backslash next to an expression as a part of it, and does not accept a zero byte. */
function escapeText(text: string): string {
  const [, before = '', middle = '', after = ''] = /^(\}*)([\s\S]*?)([{\\]*)$/.exec(text) ?? [];
  return `${literal(before)}${middle.replaceAll('\0', literal('\0'))}${literal(after)}`;
}

function literal(text: string): string {
  return text === '' ? '' : `{{unescape "${encodeURIComponent(text)}"}}`;
}
