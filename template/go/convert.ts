import type { Problem } from '../../model/index.ts';
import type { Expression } from './expression.ts';
import { NotConvertible } from './lexer.ts';
import { type Node, parseGoTemplate } from './parser.ts';

export type Converted =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Converts a confd template (Go's text/template with confd's functions) to a Handlebars template with the same output.
 * `known` are the names of all functions. Fails with one problem for each line without a counterpart.
 */
export function convertGoTemplate(
  template: string,
  { name, known }: { readonly name: string; readonly known: ReadonlySet<string> },
): Converted {
  const { nodes, problems } = parseGoTemplate(template);
  const converting: Converting = { known, problems: [...problems], variables: [] };
  const text = listOf(nodes, converting);
  const found = [...converting.problems].sort((a, b) => a.line - b.line);
  if (found.length === 0) return { ok: true, text };
  return { ok: false, problems: found.map((problem) => problemOf(name, problem)) };
}

function problemOf(name: string, { line, message }: NotConvertible): Problem {
  return {
    subject: `${name} line ${line}`,
    what: `cannot be converted: ${message}`,
    hint: 'write this part as Handlebars; docs/templates.md has a table of counterparts',
  };
}

interface Converting {
  readonly known: ReadonlySet<string>;
  readonly problems: NotConvertible[];
  /** Names of the variables in scope, innermost last. */
  readonly variables: readonly string[];
}

/** A Go variable lives until the end of its block, so everything after it goes into a `let` block. */
function listOf(nodes: readonly Node[], converting: Converting): string {
  let text = '';
  for (const [at, node] of nodes.entries()) {
    if (node.kind !== 'assign') {
      text += nodeOf(node, converting);
      continue;
    }
    const value = argument(node.value, node.line, converting);
    const inside = withVariables(converting, node.name);
    return `${text}{{#let ${value} as |${node.name}|}}${listOf(nodes.slice(at + 1), inside)}{{/let}}`;
  }
  return text;
}

function withVariables(converting: Converting, ...names: readonly string[]): Converting {
  return { ...converting, variables: [...converting.variables, ...names] };
}

function nodeOf(node: Exclude<Node, { kind: 'assign' }>, converting: Converting): string {
  switch (node.kind) {
    case 'text':
      return escapeText(node.text);
    case 'show':
      return `{{show ${argument(node.value, node.line, converting)}}}`;
    case 'if':
      return block('if', `(truth ${argument(node.value, node.line, converting)})`, '', node, converting);
    case 'with':
      return block('withValue', argument(node.value, node.line, converting), '', node, converting);
    case 'range': {
      const names = [node.element, node.index].filter((name) => name !== null);
      const parameters = names.length > 0 ? ` as |${names.join(' ')}|` : '';
      return block(
        'range',
        argument(node.value, node.line, converting),
        parameters,
        node,
        withVariables(converting, ...names),
      );
    }
  }
}

function block(
  helper: string,
  value: string,
  parameters: string,
  { body, otherwise }: { readonly body: readonly Node[]; readonly otherwise: readonly Node[] },
  converting: Converting,
): string {
  const rest = otherwise.length > 0 ? `{{else}}${listOf(otherwise, converting)}` : '';
  return `{{#${helper} ${value}${parameters}}}${listOf(body, converting)}${rest}{{/${helper}}}`;
}

/** Handlebars would read a brace or a backslash next to an expression as a part of it. */
function escapeText(text: string): string {
  const [, before = '', middle = '', after = ''] = /^(\}*)([\s\S]*?)([{\\]*)$/.exec(text) ?? [];
  return `${literal(before)}${middle}${literal(after)}`;
}

function literal(text: string): string {
  return text === '' ? '' : `{{unescape "${encodeURIComponent(text)}"}}`;
}

function argument(value: Expression, line: number, converting: Converting): string {
  switch (value.kind) {
    case 'string':
      return stringOf(value.value);
    case 'literal':
      return value.value === 'nil' ? 'null' : value.value;
    case 'field':
      return ['this', ...value.path.map(segment)].join('.');
    case 'variable':
      return variableOf(value, line, converting);
    case 'call':
      return callOf(value, line, converting);
  }
}

function variableOf(
  { name, path }: Extract<Expression, { kind: 'variable' }>,
  line: number,
  { variables, problems }: Converting,
): string {
  if (name !== '' && !variables.includes(name))
    problems.push(new NotConvertible(line, `there is no variable $${name} in this block`));
  return [name === '' ? '@root' : name, ...path.map(segment)].join('.');
}

function callOf(
  { name, arguments: values }: Extract<Expression, { kind: 'call' }>,
  line: number,
  converting: Converting,
): string {
  if (!converting.known.has(name)) converting.problems.push(new NotConvertible(line, `there is no function ${name}`));
  return `(${[name, ...values.map((value) => argument(value, line, converting))].join(' ')})`;
}

function segment(name: string): string {
  return `[${name}]`;
}

/** Strings in Handlebars have no escapes, so one with both kinds of quotes or a line break is decoded when it is rendered. */
function stringOf(value: string): string {
  if (/[\n\r\t\\]/.test(value) || (value.includes('"') && value.includes("'"))) {
    return `(unescape "${encodeURIComponent(value)}")`;
  }
  return value.includes('"') ? `'${value}'` : `"${value}"`;
}
