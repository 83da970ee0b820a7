import { ok, problem, type Result } from '../../../model/index.ts';

export type Variables = Readonly<Record<string, string | undefined>>;

/** Where the variables of a text come from. */
export interface Scope {
  readonly variables: Variables;
  /** Called for each variable that has no value and no default, and is empty therefore. */
  onUnset?(name: string): void;
}

/** Replaces variables in every text of a value, as Compose does; maps and lists are copied only where one changes. */
export function interpolate(value: unknown, scope: Scope): Result<unknown> {
  if (typeof value === 'string') return value.includes('$') ? interpolateText(value, scope) : ok(value);
  if (Array.isArray(value)) return interpolateAll(value, scope);
  if (value === null || typeof value !== 'object') return ok(value);
  if (value instanceof Map) {
    const members = interpolateAll([...value.values()], scope);
    return members.ok ? ok(new Map([...value.keys()].map((key, at) => [key, members.value[at]]))) : members;
  }
  const values = interpolateAll(Object.values(value), scope);
  if (!values.ok) return values;
  return ok(Object.fromEntries(Object.keys(value).map((key, index) => [key, values.value[index]])));
}

function interpolateAll(values: readonly unknown[], scope: Scope): Result<readonly unknown[]> {
  const done: unknown[] = [];
  for (const value of values) {
    const result = interpolate(value, scope);
    if (!result.ok) return result;
    done.push(result.value);
  }
  return ok(done);
}

/** `$$`, `$NAME`, `${NAME}`, or the beginning of `${NAME:-default}`; any other `$` is a plain dollar sign. */
const REFERENCE = /\$(?:(\$)|([A-Za-z_]\w*)|\{(?:([A-Za-z_]\w*)(?:\}|(:?[-?+]))|))/;

/** Defaults within defaults; more would be a mistake, and exhaust the stack. */
const MAX_NESTING = 20;

/** Replaces the variables of a text. */
export function interpolateText(text: string, scope: Scope, depth = 0): Result<string> {
  if (depth > MAX_NESTING) return problem(text, 'nests the defaults of variables too deeply', 'use fewer levels');
  let done = '';
  let rest = text;
  for (;;) {
    const match = REFERENCE.exec(rest);
    if (!match) return ok(done + rest);
    const [whole, dollar, bare, braced, operator] = match;
    const from = match.index + whole.length;
    done += rest.slice(0, match.index);
    const end = operator ? endOfOperand(rest, from) : from;
    const name = bare ?? braced;
    if (!dollar && (name === undefined || end === null)) return unreadable(rest.slice(match.index));
    const operand = operator ? rest.slice(from, end ?? from) : '';
    const value = dollar ? ok('$') : substitute(name ?? '', { operator: operator ?? '', operand, depth }, scope);
    if (!value.ok) return value;
    done += value.value;
    rest = rest.slice((end ?? from) + (operator ? 1 : 0));
  }
}

/** The closing brace of an operand: braces within it are in pairs; if they are not, it is the last brace of the line. */
function endOfOperand(text: string, from: number): number | null {
  let open = 1;
  for (let at = from; at < text.length && text[at] !== '\n'; at++) {
    if (text[at] === '{') open += 1;
    else if (text[at] === '}') open -= 1;
    if (open === 0) return at;
  }
  const [line = ''] = text.slice(from).split('\n', 1);
  const last = line.lastIndexOf('}');
  return last < 0 ? null : from + last;
}

interface Operation {
  readonly operator: string;
  readonly operand: string;
  readonly depth: number;
}

function substitute(name: string, { operator, operand, depth }: Operation, scope: Scope): Result<string> {
  const { variables } = scope;
  const set = Object.hasOwn(variables, name) ? variables[name] : undefined;
  const counts = operator.startsWith(':') ? set !== undefined && set !== '' : set !== undefined;
  const isUsed = operator.endsWith('+') === counts;
  // Compose refuses an operand with an error even if it is not used.
  const other = interpolateText(operand, isUsed ? scope : { variables }, depth + 1);
  if (!other.ok) return other;
  if (operator.endsWith('+')) return counts ? other : ok('');
  if (counts) return ok(set ?? '');
  if (operator.endsWith('-')) return other;
  if (operator.endsWith('?')) return missing(name, other.value);
  scope.onUnset?.(name);
  return ok('');
}

function missing(name: string, reason: string): Result<string> {
  const why = reason === '' ? '' : ` (${reason})`;
  const hint = `set ${name}, or write \${${name}:-default}`;
  return problem(name, `needs the variable ${name}, which is not set${why}`, hint);
}

function unreadable(text: string): Result<string> {
  const [line = ''] = text.split('\n', 1);
  const start = line.length > 20 ? `${line.slice(0, 20)}...` : line;
  return problem(
    text,
    `has a reference to a variable that is not complete (${start})`,
    'write $NAME in braces, or $$ for a dollar sign',
  );
}
