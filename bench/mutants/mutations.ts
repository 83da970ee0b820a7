import { stripTypeScriptTypes } from 'node:module';
import { parseAst } from 'vitest/node';

/** One change of a source file that a test ought to notice. */
export interface Mutation {
  /** Offsets in the file's text. */
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
  /** What was done, for people: `=== -> !==`. */
  readonly what: string;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

const OPERATORS: Readonly<Record<string, readonly string[]>> = {
  '===': ['!=='],
  '!==': ['==='],
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '&&': ['||'],
  '||': ['&&'],
  '??': ['&&'],
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
};
const METHODS: Readonly<Record<string, string>> = {
  some: 'every',
  every: 'some',
  startsWith: 'endsWith',
  endsWith: 'startsWith',
  min: 'max',
  max: 'min',
  findLast: 'find',
  findLastIndex: 'findIndex',
};
/** Calls that can be left out: what they are called on stands instead. */
const LEFT_OUT = new Set(['filter', 'toSorted', 'toReversed', 'sort', 'slice', 'toLowerCase', 'trim', 'flat']);

/** Every mutation of a TypeScript file, in the order of the text. Pure. */
export function mutationsOf(text: string): readonly Mutation[] {
  // Types become white space, so that offsets hold in the file itself.
  const plain = stripTypeScriptTypes(text);
  const found: Mutation[] = [];
  visit(parseAst(plain) as unknown as Node, (node) => found.push(...mutationsOfNode(node, plain)));
  return found.toSorted((a, b) => a.start - b.start || a.end - b.end);
}

function visit(node: Node, enter: (node: Node) => void): void {
  if (node.type === 'ImportDeclaration' || node.type === 'ExportAllDeclaration') return;
  enter(node);
  for (const part of Object.values(node).flat()) if (isNode(part)) visit(part, enter);
}

function isNode(part: unknown): part is Node {
  return typeof part === 'object' && part !== null && typeof (part as { type?: unknown }).type === 'string';
}

function mutationsOfNode(node: Node, text: string): readonly Mutation[] {
  switch (node.type) {
    case 'BinaryExpression':
    case 'LogicalExpression':
      return operatorMutations(node, text);
    case 'IfStatement':
    case 'ConditionalExpression':
      return conditionMutations(node.test as Node);
    case 'UnaryExpression':
      return node.operator === '!' ? [replaced(node, textOf(node.argument as Node, text), '! left out')] : [];
    case 'Literal':
      return literalMutations(node);
    case 'CallExpression':
      return callMutations(node, text);
    case 'ExpressionStatement':
      return [replaced(node, ';', 'statement left out')];
    case 'ReturnStatement':
      return isNothing(node.argument) ? [] : [replaced(node, 'return undefined;', 'return undefined')];
    default:
      return [];
  }
}

/** No argument, null, undefined or false: `return undefined` means the same to almost every caller. */
function isNothing(argument: unknown): boolean {
  if (!isNode(argument)) return true;
  return argument.type === 'Literal'
    ? argument.value === null || argument.value === false
    : argument.name === 'undefined';
}

function operatorMutations(node: Node, text: string): readonly Mutation[] {
  const [left, right] = [node.left as Node, node.right as Node];
  const operator = String(node.operator);
  const at = text.indexOf(operator, left.end);
  if (at < 0 || at >= right.start) return [];
  const end = at + operator.length;
  return (OPERATORS[operator] ?? []).map((other) => ({
    start: at,
    end,
    replacement: other,
    what: `${operator} -> ${other}`,
  }));
}

function conditionMutations(test: Node): readonly Mutation[] {
  return ['true', 'false'].map((word) => replaced(test, word, `condition -> ${word}`));
}

function literalMutations(node: Node): readonly Mutation[] {
  const { value } = node;
  if (typeof value === 'boolean') return [replaced(node, String(!value), `${value} -> ${!value}`)];
  if (typeof value === 'number') return [replaced(node, String(value + 1), `${value} -> ${value + 1}`)];
  return [];
}

function callMutations(node: Node, text: string): readonly Mutation[] {
  const callee = node.callee as Node;
  const property = callee.property as Node | undefined;
  if (callee.type !== 'MemberExpression' || callee.computed === true || !property) return [];
  const name = String(property.name);
  const other = METHODS[name];
  return [
    ...(other ? [replaced(property, other, `${name} -> ${other}`)] : []),
    ...(LEFT_OUT.has(name) ? [replaced(node, textOf(callee.object as Node, text), `${name}() left out`)] : []),
  ];
}

function replaced({ start, end }: Node, replacement: string, what: string): Mutation {
  return { start, end, replacement, what };
}

function textOf({ start, end }: Node, text: string): string {
  return text.slice(start, end);
}
