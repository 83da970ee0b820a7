import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { printf, textOf, truth } from '../go/values.ts';
import type { KeyStore, KeyValue } from './key-store.ts';

/** A function that templates call. Throws when the arguments are not valid. */
export type TemplateFunction = (...values: readonly never[]) => unknown;

/** The functions of confd that read keys of the metadata. */
export function keyFunctions(keys: KeyStore): Readonly<Record<string, TemplateFunction>> {
  const get = (key: string): KeyValue => {
    const found = keys.get(key);
    if (!found) throw new Error(`key does not exist: ${key}`);
    return found;
  };
  return {
    exists: (key: string) => keys.get(key) !== null,
    get,
    gets: (pattern: string) => keys.match(pattern),
    getv: (key: string, ...otherwise: readonly string[]) => keys.get(key)?.Value ?? otherwise[0] ?? get(key).Value,
    getvs: (pattern: string) =>
      keys
        .match(pattern)
        .map(({ Value }) => Value)
        .sort(),
    ls: (path: string) => keys.list(path),
    lsdir: (path: string) => keys.listDirectories(path),
  };
}

type Kv = Readonly<Record<string, unknown>>;

/** The functions of confd and of Go's text/template that read no metadata. `env` is what `getenv` reads. */
export function plainFunctions(
  env: Readonly<Record<string, string | undefined>>,
  now: () => number,
): Readonly<Record<string, TemplateFunction>> {
  return {
    ...COMPARISONS,
    ...TEXT,
    ...LISTS,
    ...NUMBERS,
    getenv: (name: string, ...otherwise: readonly string[]) => env[name] || (otherwise[0] ?? ''),
    datetime: () => new Date(now()),
    fileExists: (path: string) => existsSync(path),
  };
}

const COMPARISONS = {
  and: (...values: readonly unknown[]) => values.find((value) => !truth(value)) ?? values.at(-1),
  or: (...values: readonly unknown[]) => values.find(truth) ?? values.at(-1),
  not: (value: unknown) => !truth(value),
  eq: (value: unknown, ...others: readonly unknown[]) => others.some((other) => value === other),
  ne: (value: unknown, other: unknown) => value !== other,
  lt: (a: number, b: number) => a < b,
  le: (a: number, b: number) => a <= b,
  gt: (a: number, b: number) => a > b,
  ge: (a: number, b: number) => a >= b,
  parseBool: (text: string) => parseBool(text),
};

const TEXT = {
  print: (...values: readonly unknown[]) => values.map(textOf).join(''),
  println: (...values: readonly unknown[]) => `${values.map(textOf).join(' ')}\n`,
  printf: (format: string, ...values: readonly unknown[]) => printf(format, values),
  base: (path: string) => posix.basename(path),
  dir: (path: string) => posix.dirname(path),
  split: (text: string, separator: string) => text.split(separator),
  join: (texts: readonly unknown[], separator: string) => texts.map(textOf).join(separator),
  toUpper: (text: string) => text.toUpperCase(),
  toLower: (text: string) => text.toLowerCase(),
  contains: (text: string, part: string) => text.includes(part),
  replace: (text: string, from: string, to: string, count: number) => replaceSome(text, from, to, count),
  trimSuffix: (text: string, suffix: string) =>
    text.endsWith(suffix) ? text.slice(0, text.length - suffix.length) : text,
  trimPrefix: (text: string, prefix: string) => (text.startsWith(prefix) ? text.slice(prefix.length) : text),
  hasPrefix: (text: string, prefix: string) => text.startsWith(prefix),
  hasSuffix: (text: string, suffix: string) => text.endsWith(suffix),
  base64Encode: (text: string) => Buffer.from(text).toString('base64'),
  base64Decode: (text: string) => Buffer.from(text, 'base64').toString(),
  md5: (text: string) => createHash('md5').update(text).digest('hex'),
  sha256: (text: string) => createHash('sha256').update(text).digest('hex'),
};

const LISTS = {
  len: (value: unknown) => sizeOf(value),
  index: (value: unknown, ...path: readonly unknown[]) => path.reduce(memberOf, value),
  json: (text: string) => JSON.parse(text) as unknown,
  jsonArray: (text: string) => JSON.parse(text) as unknown,
  map: (...pairs: readonly unknown[]) => mapOf(pairs),
  reverse: (values: readonly unknown[]) => [...values].reverse(),
  sortByLength: (texts: readonly string[]) => [...texts].sort((a, b) => a.length - b.length),
  sortKVByLength: (pairs: readonly KeyValue[]) => [...pairs].sort((a, b) => a.Key.length - b.Key.length),
};

const NUMBERS = {
  add: (a: number, b: number) => a + b,
  sub: (a: number, b: number) => a - b,
  mul: (a: number, b: number) => a * b,
  div: (a: number, b: number) => Math.trunc(a / nonZero(b)),
  mod: (a: number, b: number) => a % nonZero(b),
  seq: (from: number, to: number) => Array.from({ length: Math.max(0, to - from + 1) }, (_, n) => from + n),
  atoi: (text: string) => integer(text),
};

function sizeOf(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (Array.isArray(value)) return value.length;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length;
  throw new Error(`len: ${textOf(value)} has no length`);
}

function memberOf(value: unknown, key: unknown): unknown {
  if (Array.isArray(value)) {
    if (typeof key !== 'number' || key < 0 || key >= value.length)
      throw new Error(`index out of range: ${textOf(key)}`);
    return value[key];
  }
  if (typeof value === 'object' && value !== null) return (value as Kv)[String(key)];
  throw new Error(`index: ${textOf(value)} has no members`);
}

function mapOf(pairs: readonly unknown[]): Kv {
  if (pairs.length % 2 === 1) throw new Error('map: give pairs of a name and a value');
  return Object.fromEntries(pairs.flatMap((name, at) => (at % 2 === 0 ? [[String(name), pairs[at + 1]]] : [])));
}

function replaceSome(text: string, from: string, to: string, count: number): string {
  if (count < 0) return text.replaceAll(from, () => to);
  let rest = text;
  let done = '';
  for (let n = 0; n < count && rest.includes(from); n += 1) {
    const at = rest.indexOf(from);
    done += rest.slice(0, at) + to;
    rest = rest.slice(at + from.length);
  }
  return done + rest;
}

function parseBool(text: string): boolean {
  if (['1', 't', 'T', 'TRUE', 'true', 'True'].includes(text)) return true;
  if (['0', 'f', 'F', 'FALSE', 'false', 'False'].includes(text)) return false;
  throw new Error(`parseBool: '${text}' is not a boolean`);
}

function integer(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw new Error(`atoi: '${text}' is not a number`);
  return Number(text);
}

function nonZero(value: number): number {
  if (value === 0) throw new Error('division by zero');
  return value;
}
