import { isUtf8 } from 'node:buffer';
import { existsSync } from 'node:fs';
import type { GoFunctions } from '../go/signature.ts';
import {
  bigOf,
  compareText,
  GoError,
  GoTime,
  type GoValue,
  intOf,
  type KeyValue,
  listOf,
  typeName,
} from '../go/values.ts';
import { baseOf, folderOf } from './go-path.ts';
import { parseJson } from './json.ts';
import type { KeyStore } from './key-store.ts';

/** The functions of confd that read keys of the metadata. */
export function keyFunctions(keys: KeyStore): GoFunctions {
  const get = (key: string): KeyValue => {
    const found = keys.get(key);
    if (!found) throw new GoError(`key does not exist: ${key}`);
    return found;
  };
  return {
    exists: { parameters: ['string'], run: (key: string) => keys.get(key) !== null },
    get: { parameters: ['string'], run: get },
    gets: { parameters: ['string'], run: (pattern: string) => listOf('memkv.KVPairs', [...keys.match(pattern)]) },
    getv: {
      parameters: ['string'],
      more: 'string',
      run: (key: string, ...otherwise: readonly string[]) => keys.get(key)?.Value ?? otherwise[0] ?? get(key).Value,
    },
    getvs: {
      parameters: ['string'],
      run: (pattern: string) => listOf('[]string', sorted(keys.match(pattern).map(({ Value }) => Value))),
    },
    ls: { parameters: ['string'], run: (path: string) => listOf('[]string', [...keys.list(path)]) },
    lsdir: { parameters: ['string'], run: (path: string) => listOf('[]string', [...keys.listDirectories(path)]) },
  };
}

/** The functions of confd that read no metadata. `env` is what `getenv` reads. */
export function plainFunctions(env: Readonly<Record<string, string | undefined>>, now: () => number): GoFunctions {
  return {
    ...TEXT,
    ...LISTS,
    ...NUMBERS,
    getenv: {
      parameters: ['string'],
      more: 'string',
      run: (name: string, ...otherwise: readonly string[]) => env[name] || (otherwise[0] ?? ''),
    },
    datetime: { parameters: [], run: () => new GoTime(now(), false) },
    fileExists: { parameters: ['string'], run: (path: string) => existsSync(path) },
  };
}

const TEXT: GoFunctions = {
  base: { parameters: ['string'], run: baseOf },
  dir: { parameters: ['string'], run: folderOf },
  split: {
    parameters: ['string', 'string'],
    run: (text: string, separator: string) => listOf('[]string', separator === '' ? [...text] : text.split(separator)),
  },
  join: {
    parameters: ['[]string', 'string'],
    run: (texts: readonly string[], separator: string) => texts.join(separator),
  },
  toUpper: { parameters: ['string'], run: upper },
  toLower: { parameters: ['string'], run: lower },
  contains: { parameters: ['string', 'string'], run: (text: string, part: string) => text.includes(part) },
  replace: { parameters: ['string', 'string', 'string', 'int'], run: replaceSome },
  trimSuffix: {
    parameters: ['string', 'string'],
    run: (text: string, suffix: string) => (text.endsWith(suffix) ? text.slice(0, text.length - suffix.length) : text),
  },
  base64Encode: { parameters: ['string'], run: (text: string) => Buffer.from(text).toString('base64') },
  base64Decode: { parameters: ['string'], run: decodeBase64 },
  parseBool: { parameters: ['string'], run: parseBool },
};

const LISTS: GoFunctions = {
  json: { parameters: ['string'], run: (text: string) => parseJson(text, 'map') },
  jsonArray: { parameters: ['string'], run: (text: string) => parseJson(text, 'list') },
  map: { parameters: [], more: 'any', run: mapOf },
  reverse: { parameters: ['any'], run: reverse },
  sortByLength: { parameters: ['[]string'], run: (texts: string[]) => texts.sort(byLength((text) => text)) },
  sortKVByLength: {
    parameters: ['[]memkv.KVPair'],
    // Go sorts the list itself and returns it with another type.
    run: (pairs: KeyValue[]) => listOf('[]memkv.KVPair', [...pairs.sort(byLength(({ Key }) => Key))]),
  },
};

const NUMBERS: GoFunctions = {
  add: { parameters: ['int', 'int'], run: (a, b) => intOf(bigOf(a) + bigOf(b)) },
  sub: { parameters: ['int', 'int'], run: (a, b) => intOf(bigOf(a) - bigOf(b)) },
  mul: { parameters: ['int', 'int'], run: (a, b) => intOf(bigOf(a) * bigOf(b)) },
  div: { parameters: ['int', 'int'], run: (a, b) => intOf(bigOf(a) / nonZero(b)) },
  mod: { parameters: ['int', 'int'], run: (a, b) => intOf(bigOf(a) % nonZero(b)) },
  seq: { parameters: ['int', 'int'], run: sequence },
  atoi: { parameters: ['string'], run: integer },
};

function sorted(texts: string[]): string[] {
  return texts.sort(compareText);
}

/** The order of items of the same length depends on the version of Go; here they keep their order. */
function byLength<Item>(text: (item: Item) => string): (a: Item, b: Item) => number {
  return (a, b) => Buffer.byteLength(text(a)) - Buffer.byteLength(text(b));
}

/** Go changes the case of each character by itself. */
function upper(text: string): string {
  return [...text].map((one) => (one.toUpperCase().length === one.length ? one.toUpperCase() : one)).join('');
}

function lower(text: string): string {
  return [...text].map((one) => [...one.toLowerCase()][0] ?? one).join('');
}

/** Go's strings.Replace: an empty `from` is before each character and at the end. */
function replaceSome(text: string, from: string, to: string, limit: number | bigint): string {
  const count = limit < 0 ? Number.POSITIVE_INFINITY : Number(limit);
  const parts = from === '' ? ['', ...text] : text.split(from);
  if (from === '' && count > [...text].length) parts.push('');
  return parts.reduce((done, part, at) => done + (at <= count ? to : from) + part);
}

function decodeBase64(text: string): string {
  const plain = text.replace(/[\r\n]/g, '');
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(plain))
    throw new GoError('base64Decode: the text is not valid base64');
  const bytes = Buffer.from(plain, 'base64');
  if (!isUtf8(bytes)) throw new GoError('base64Decode: the result is not text in UTF-8');
  return bytes.toString();
}

function parseBool(text: string): boolean {
  if (['1', 't', 'T', 'TRUE', 'true', 'True'].includes(text)) return true;
  if (['0', 'f', 'F', 'FALSE', 'false', 'False'].includes(text)) return false;
  throw new GoError(`parseBool: '${text}' is not a boolean`);
}

function mapOf(...pairs: readonly GoValue[]): Readonly<Record<string, GoValue>> {
  if (pairs.length % 2 === 1) throw new GoError('map: give pairs of a name and a value');
  const names = pairs.filter((_, at) => at % 2 === 0);
  return Object.fromEntries(
    names.map((name, at) => {
      if (typeof name !== 'string') throw new GoError('map: names must be strings');
      return [name, pairs[2 * at + 1] ?? null];
    }),
  );
}

/** Reverses lists of strings and of pairs in place, and leaves other values as they are, as confd does. */
function reverse(value: GoValue): GoValue {
  const reversible = ['[]string', '[]memkv.KVPair'].includes(typeName(value));
  return reversible ? (value as GoValue[]).reverse() : value;
}

const MAX_SEQUENCE = 1_000_000;

function sequence(from: number | bigint, to: number | bigint): readonly GoValue[] {
  const count = Number(bigOf(to) - bigOf(from)) + 1;
  if (count > MAX_SEQUENCE) throw new GoError(`seq: more than ${MAX_SEQUENCE} numbers`);
  return listOf(
    '[]int',
    Array.from({ length: Math.max(0, count) }, (_, n) => intOf(bigOf(from) + BigInt(n))),
  );
}

function integer(text: string): number | bigint {
  const value = /^[+-]?\d+$/.test(text) ? BigInt(text.replace('+', '')) : null;
  if (value === null || BigInt.asIntN(64, value) !== value) throw new GoError(`atoi: '${text}' is not an int`);
  return intOf(value);
}

function nonZero(value: GoValue): bigint {
  if (bigOf(value) === 0n) throw new GoError('division by zero');
  return bigOf(value);
}
