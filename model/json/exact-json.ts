/**
 * JSON without loss: maps keep the order of their keys, and whole numbers beyond 2^53 are bigint. Parsed values contain maps;
 * plain objects can be formatted, too.
 */
export type ExactJson =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly ExactJson[]
  | ExactMap
  | { readonly [key: string]: ExactJson };

export type ExactMap = ReadonlyMap<string, ExactJson>;

/** As JSON text without white space; a number that is not finite is null, as in `JSON.stringify`. */
export function formatExactJson(value: ExactJson): string {
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (isList(value)) return `[${value.map(formatExactJson).join(',')}]`;
  const members = membersOf(value).map(([key, member]) => `${JSON.stringify(key)}:${formatExactJson(member)}`);
  return `{${members.join(',')}}`;
}

/** Members of either kind of map. */
export function membersOf(value: ExactMap | { readonly [key: string]: ExactJson }): readonly [string, ExactJson][] {
  return value instanceof Map ? [...value] : Object.entries(value);
}

const TOKEN = /[\s]*(?:([{}[\]:,])|("[^"\\]*(?:\\.[^"\\]*)*")|([^\s{}[\]:,"]+))/y;

/** Accepts the same text as `JSON.parse`, with the same SyntaxError. */
export function parseExactJson(text: string): ExactJson {
  JSON.parse(text);
  const tokens = new RegExp(TOKEN);
  let sign = '';
  let word = '';
  const next = (): void => {
    const [, punctuation = '', quoted, bare] = tokens.exec(text) ?? [];
    sign = punctuation;
    word = quoted ?? bare ?? '';
  };
  // `JSON.parse` has accepted the text, so no token needs a check.
  const read = (): ExactJson => {
    if (sign === '') return scalar(word);
    const isMap = sign === '{';
    const items: ExactJson[] = [];
    const map = new Map<string, ExactJson>();
    next();
    while (sign !== '}' && sign !== ']') {
      if (isMap) {
        const key = scalar(word) as string;
        next();
        next();
        map.set(key, read());
      } else items.push(read());
      next();
      if (sign === ',') next();
    }
    return isMap ? map : items;
  };
  next();
  return read();
}

/**
 * Like `JSON.parse`, but passes whole numbers beyond 2^53 to `convert` instead of rounding them. Use it where the order of
 * keys does not matter: it is much faster than `parseExactJson`.
 */
export function parseJsonIntegers(text: string, convert: (integer: bigint) => number | bigint): unknown {
  // Without a number of 16 digits nothing is rounded, and a parse without a callback is several times faster.
  if (!/(?:^|[\s:,[-])\d{16}/.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_key: string, value: unknown, context?: { readonly source?: string }): unknown => {
    const source = context?.source ?? '';
    const isRounded = typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(source);
    return isRounded ? convert(BigInt(source)) : value;
  });
}

function scalar(word: string): string | number | bigint | boolean | null {
  const value = JSON.parse(word) as string | number | boolean | null;
  const isExact = typeof value !== 'number' || Number.isSafeInteger(value) || !/^-?\d+$/.test(word);
  return isExact ? value : BigInt(word);
}

function isList(value: ExactJson): value is readonly ExactJson[] {
  return Array.isArray(value);
}
