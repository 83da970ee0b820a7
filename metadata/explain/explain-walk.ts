import { nearestWord } from '../../model/index.ts';
import { isArray, isObject, own, type Value } from '../value/value.ts';
import { isIndex, stepInto } from '../value/walk.ts';
import type { ExplainedStep } from './explanation.ts';

export interface ExplainedWalk {
  readonly steps: readonly ExplainedStep[];
  /** What was walked through: of each step the key and what it led to. */
  readonly passed: readonly Passed[];
  /** Of the last step that led somewhere. */
  readonly value: Value;
  /** Why it leads to nothing; null: it does not. */
  readonly missing: string | null;
  readonly notes: readonly string[];
}

export interface Passed {
  readonly key: string;
  readonly from: Value;
  readonly to: Value;
}

/** Walks down as the server does, and says of each key what it is. `asker`: the container's name; null: anybody. */
export function explainWalk(
  tree: Value,
  keys: readonly string[],
  { asker }: { readonly asker: string | null },
): ExplainedWalk {
  const asked = walkAll(tree, keys);
  if (asked.length === keys.length) return told(tree, keys, asked, asker);
  const lower = keys.map((key) => key.toLowerCase());
  const again = walkAll(tree, lower);
  if (again.length < keys.length) return told(tree, keys, asked, asker);
  const found = told(tree, lower, again, asker);
  return { ...found, notes: ['as written it leads to nothing, and was tried again in lower case', ...found.notes] };
}

function walkAll(tree: Value, keys: readonly string[]): readonly Passed[] {
  const passed: Passed[] = [];
  let from = tree;
  for (const key of keys) {
    const to = stepInto(from, key);
    if (to === undefined) break;
    passed.push({ key, from, to });
    from = to;
  }
  return passed;
}

function told(tree: Value, keys: readonly string[], passed: readonly Passed[], asker: string | null): ExplainedWalk {
  const last = passed.at(-1);
  // Null is a value.
  const value = last === undefined ? tree : last.to;
  const next = keys[passed.length];
  const at = last?.key ?? 'the tree';
  const missing = next === undefined ? null : whyMissing(value, next, at);
  const isSelf = keys[0] === 'self' && passed.length === 1 && next !== undefined && next !== 'host';
  const nobody =
    isSelf && asker === null ? ['`self` of whoever is no container that is known here is its host alone'] : [];
  return { steps: passed.map(stepOf), passed, value, missing, notes: nobody };
}

function stepOf({ key, from, to }: Passed): ExplainedStep {
  return { key, is: isArray(from) ? `${howFound(key, to)}: ${kindOf(to)}` : kindOf(to) };
}

function howFound(key: string, element: Value): string {
  if (isIndex(key)) return `number ${Number(key)} of the list, counted from 0`;
  return isObject(element) && own(element, 'name') === key ? 'the first of that name' : 'the one of that UUID';
}

function kindOf(value: Value): string {
  if (isArray(value)) return `a list of ${value.length}`;
  if (isObject(value)) {
    const { length } = Object.keys(value);
    return `a map of ${length} ${length === 1 ? 'key' : 'keys'}`;
  }
  return value === null ? 'null' : SCALARS[typeof value as keyof typeof SCALARS];
}

const SCALARS = { string: 'text', boolean: 'true or false', number: 'a number', bigint: 'a number' } as const;
const MOST_NAMED = 12;

function whyMissing(value: Value, key: string, at: string): string {
  if (isArray(value)) {
    if (isIndex(key)) return `${at} has ${value.length}, counted from 0: there is no ${key}`;
    return `nothing in ${at} has the name or UUID ${key}${otherwise(key, namesOf(value))}`;
  }
  if (isObject(value)) return `there is no ${key} in ${at}${otherwise(key, Object.keys(value))}`;
  return `${at} is ${kindOf(value)}, and has nothing below it`;
}

function otherwise(key: string, names: readonly string[]): string {
  const nearest = nearestWord(key, names);
  if (nearest !== null) return `; is it ${nearest}?`;
  if (names.length === 0) return '; it is empty';
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : '';
  return `; there are ${names.slice(0, MOST_NAMED).join(', ')}${more}`;
}

function namesOf(list: readonly Value[]): readonly string[] {
  return list.flatMap((element) => {
    const name = isObject(element) ? own(element, 'name') : undefined;
    return typeof name === 'string' ? [name] : [];
  });
}
