import { equal, less } from './compare.ts';
import { sprint } from './format.ts';
import { printf } from './printf.ts';
import { escapeHtml, escapeJs, escapeQuery } from './quote.ts';
import type { GoFunctions } from './signature.ts';
import { bigOf, GoError, GoNumber, type GoValue, kindOf, type ListType, listOf, truth, typeName } from './values.ts';

/** The functions that every Go template has. `and` and `or` see only the arguments that Go evaluates. */
export const BUILTINS: GoFunctions = {
  and: { parameters: ['value'], more: 'value', run: (...values) => values.at(-1) },
  or: { parameters: ['value'], more: 'value', run: (...values) => values.at(-1) },
  not: { parameters: ['value'], run: (value) => !truth(value) },
  eq: { parameters: ['value'], more: 'value', run: equal },
  ne: { parameters: ['value', 'value'], run: (a, b) => !equal(a, b) },
  lt: { parameters: ['value', 'value'], run: less },
  le: { parameters: ['value', 'value'], run: (a, b) => less(a, b) || equal(a, b) },
  gt: { parameters: ['value', 'value'], run: (a, b) => !(less(a, b) || equal(a, b)) },
  ge: { parameters: ['value', 'value'], run: (a, b) => !less(a, b) },
  len: { parameters: ['value'], run: sizeOf },
  index: { parameters: ['value'], more: 'value', run: index },
  slice: { parameters: ['value'], more: 'value', run: slice },
  call: { parameters: ['value'], more: 'value', run: (value) => fail(`call: a ${typeName(value)} is not a function`) },
  print: { parameters: [], more: 'any', run: (...values) => sprint(values) },
  println: {
    parameters: [],
    more: 'any',
    run: (...values) => `${values.map((value) => sprint([value])).join(' ')}\n`,
  },
  printf: {
    parameters: ['string'],
    more: 'any',
    run: (format: string, ...values: GoValue[]) => printf(format, values),
  },
  html: { parameters: [], more: 'any', run: (...values) => escapeHtml(shown(values)) },
  js: { parameters: [], more: 'any', run: (...values) => escapeJs(shown(values)) },
  urlquery: { parameters: [], more: 'any', run: (...values) => escapeQuery(shown(values)) },
};

function fail(what: string): never {
  throw new GoError(what);
}

/** The text of the arguments of `html`, `js` and `urlquery`. */
function shown(values: readonly GoValue[]): string {
  return sprint(values.map((value) => value ?? '<no value>'));
}

function sizeOf(value: GoValue): number {
  const kind = kindOf(value);
  if (kind === 'string') return Buffer.byteLength(value as string);
  if (kind === 'list') return (value as readonly GoValue[]).length;
  if (kind === 'map') return Object.keys(value as object).length;
  return fail(`len: a ${typeName(value)} has no length`);
}

function index(value: GoValue, ...path: readonly GoValue[]): GoValue {
  if (kindOf(value) === 'nil') return fail('index: there is no value');
  return path.reduce(indexOne, value);
}

function indexOne(value: GoValue, key: GoValue): GoValue {
  switch (kindOf(value)) {
    case 'list':
      return (value as readonly GoValue[])[position(key, (value as readonly GoValue[]).length - 1)];
    case 'string': {
      const bytes = Buffer.from(value as string);
      return new GoNumber('uint8', bytes[position(key, bytes.length - 1)] ?? 0);
    }
    case 'map':
      if (typeof key !== 'string') return fail(`index: the key of a map must be a string, not a ${typeName(key)}`);
      return Object.hasOwn(value as object, key) ? (value as Readonly<Record<string, GoValue>>)[key] : null;
    default:
      return fail(`index: a ${typeName(value)} has no items`);
  }
}

/** A position in a list, from 0 to `last`. */
function position(key: GoValue, last: number): number {
  if (!['int', 'uint'].includes(kindOf(key))) return fail(`a position must be an int, not a ${typeName(key)}`);
  const at = Number(bigOf(key));
  return at < 0 || at > last ? fail(`index out of range: ${at}`) : at;
}

function slice(value: GoValue, ...bounds: readonly GoValue[]): GoValue {
  const isText = typeof value === 'string';
  if (!isText && kindOf(value) !== 'list') return fail(`slice: a ${typeName(value)} has no items`);
  if (bounds.length > (isText ? 2 : 3)) return fail(`slice: too many positions: ${bounds.length}`);
  const items = isText ? Buffer.from(value) : (value as readonly GoValue[]);
  const [from = 0, to = items.length, capacity = items.length] = bounds.map((bound) => position(bound, items.length));
  if (from > to || to > capacity) return fail(`slice: ${from} to ${to} is not a part of the list`);
  if (!isText) return listOf(typeName(value) as ListType, (value as GoValue[]).slice(from, to));
  return textOf(items.slice(from, to) as Buffer);
}

/** Text cut within a character cannot be written exactly. */
function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return fail('slice: the text would end within a character');
  }
}
