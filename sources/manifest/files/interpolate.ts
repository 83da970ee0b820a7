import { ok, problem, type Result } from '../../../model/index.ts';

export type Variables = Readonly<Record<string, string | undefined>>;

/** `$$`, `$NAME`, `${NAME}`, `${NAME:-default}` and the other forms of compose files. */
const REFERENCE = /\$(?:(\$)|([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:?[-?+])([^{}]*))?\}|)/g;

/** Replaces variables in every text of a value, as compose does; maps and lists are copied only where one changes. */
export function interpolate(value: unknown, variables: Variables): Result<unknown> {
  if (typeof value === 'string') return value.includes('$') ? interpolateText(value, variables) : ok(value);
  if (Array.isArray(value)) return interpolateAll(value, variables);
  if (value === null || typeof value !== 'object') return ok(value);
  if (value instanceof Map) {
    const members = interpolateAll([...value.values()], variables);
    return members.ok ? ok(new Map([...value.keys()].map((key, at) => [key, members.value[at]]))) : members;
  }
  const values = interpolateAll(Object.values(value), variables);
  if (!values.ok) return values;
  return ok(Object.fromEntries(Object.keys(value).map((key, index) => [key, values.value[index]])));
}

function interpolateAll(values: readonly unknown[], variables: Variables): Result<readonly unknown[]> {
  const done: unknown[] = [];
  for (const value of values) {
    const result = interpolate(value, variables);
    if (!result.ok) return result;
    done.push(result.value);
  }
  return ok(done);
}

function interpolateText(text: string, variables: Variables): Result<string> {
  let failure: Result<string> | null = null;
  const done = text.replaceAll(REFERENCE, (...groups: (string | undefined)[]) => {
    const [whole = '', dollar, bare, braced, operator = '', operand = ''] = groups;
    if (dollar) return '$';
    const name = bare ?? braced;
    if (name === undefined) {
      failure ??= problem(text, `has a $ that begins no variable (${whole})`, 'write $$ for a dollar sign');
      return '';
    }
    const result = valueOfVariable(name, operator, operand, variables);
    if (!result.ok) failure ??= result;
    return result.ok ? result.value : '';
  });
  return failure ?? ok(done);
}

function valueOfVariable(name: string, operator: string, operand: string, variables: Variables): Result<string> {
  const set = Object.hasOwn(variables, name) ? variables[name] : undefined;
  const counts = operator.startsWith(':') ? set !== undefined && set !== '' : set !== undefined;
  if (operator.endsWith('+')) return ok(counts ? operand : '');
  if (counts) return ok(set ?? '');
  if (operator.endsWith('-')) return ok(operand);
  const why = operator.endsWith('?') && operand !== '' ? ` (${operand})` : '';
  return problem(
    name,
    `needs the variable ${name}, which is not set${why}`,
    `set ${name}, or write \${${name}:-default}`,
  );
}
