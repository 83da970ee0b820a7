import { nearestWord } from '../../model/index.ts';
import { isArray, isObject, own, type Value } from '../value/value.ts';
import { isIndex, stepInto } from '../value/walk.ts';
import type { ExplainedStep } from './explanation.ts';

export interface ExplainedWalk {
  readonly steps: readonly ExplainedStep[];
  /** The values on the path: for each key where it was looked up and what it led to. */
  readonly passed: readonly Passed[];
  /** The last value that was found. */
  readonly value: Value;
  /** Why the path has no value. Null: it has one. */
  readonly missing: string | null;
  readonly notes: readonly string[];
}

export interface Passed {
  readonly key: string;
  readonly from: Value;
  readonly to: Value;
}

/** Walks down the tree as the server does, and describes each key. `asker` is the container's name; null: not a known container. */
export function explainWalk(
  tree: Value,
  keys: readonly string[],
  { asker }: { readonly asker: string | null },
): ExplainedWalk {
  const asWritten = walkAll(tree, keys);
  if (asWritten.length === keys.length) return described(tree, keys, asWritten, asker);
  const lower = keys.map((key) => key.toLowerCase());
  const again = walkAll(tree, lower);
  if (again.length < keys.length) return described(tree, keys, asWritten, asker);
  const found = described(tree, lower, again, asker);
  return { ...found, notes: ['the path as written has no value; the server tried it in lower case', ...found.notes] };
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

function described(
  tree: Value,
  keys: readonly string[],
  passed: readonly Passed[],
  asker: string | null,
): ExplainedWalk {
  const last = passed.at(-1);
  // `??` would skip a null, which is a value.
  const value = last === undefined ? tree : last.to;
  const next = keys[passed.length];
  const at = last?.key ?? 'the tree';
  const missing = next === undefined ? null : whyMissing(value, next, at);
  const isSelf = keys[0] === 'self' && passed.length === 1 && next !== undefined && next !== 'host';
  const unknownClient =
    isSelf && asker === null ? ['a client that is not a known container of this host has only `self/host`'] : [];
  return { steps: passed.map(stepOf), passed, value, missing, notes: unknownClient };
}

function stepOf({ key, from, to }: Passed): ExplainedStep {
  return { key, is: isArray(from) ? `${howFound(key, to)}: ${kindOf(to)}` : kindOf(to) };
}

function howFound(key: string, element: Value): string {
  if (isIndex(key)) return `element ${Number(key)} (the first is 0)`;
  return isObject(element) && own(element, 'name') === key
    ? 'the first element with this name'
    : 'the element with this UUID';
}

function kindOf(value: Value): string {
  if (isArray(value)) return `list of ${value.length}`;
  if (isObject(value)) {
    const { length } = Object.keys(value);
    return `map of ${length} ${length === 1 ? 'key' : 'keys'}`;
  }
  return value === null ? 'null' : SCALARS[typeof value as keyof typeof SCALARS];
}

const SCALARS = { string: 'text', boolean: 'boolean', number: 'number', bigint: 'number' } as const;
const MAX_NAMED = 12;

function whyMissing(value: Value, key: string, at: string): string {
  if (isArray(value)) {
    if (isIndex(key)) return `${at} has ${value.length} elements, and the first is 0: there is no ${key}`;
    return `no element of ${at} has the name or UUID ${key}${suggestion(key, namesOf(value))}`;
  }
  if (isObject(value)) return `there is no ${key} in ${at}${suggestion(key, Object.keys(value))}`;
  return `${at} is a value (${kindOf(value)}) without keys`;
}

function suggestion(key: string, names: readonly string[]): string {
  const nearest = nearestWord(key, names);
  if (nearest !== null) return `; did you mean ${nearest}?`;
  if (names.length === 0) return `; there are no keys`;
  const more = names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : '';
  return `; the keys are ${names.slice(0, MAX_NAMED).join(', ')}${more}`;
}

function namesOf(list: readonly Value[]): readonly string[] {
  return list.flatMap((element) => {
    const name = isObject(element) ? own(element, 'name') : undefined;
    return typeof name === 'string' ? [name] : [];
  });
}
