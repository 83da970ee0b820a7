import { createHash } from 'node:crypto';
import { textOf } from './go/format.ts';
import { truth } from './go/values.ts';

/** A function that Handlebars templates call. Throws when the arguments are not valid. */
export type TemplateFunction = (...values: readonly never[]) => unknown;

/** The functions that Go templates do not have, or that compare and calculate without Go's types. */
export function handlebarsFunctions(now: () => number): Readonly<Record<string, TemplateFunction>> {
  return { ...COMPARISONS, ...TEXT, ...NUMBERS, datetime: () => new Date(now()).toISOString() };
}

const COMPARISONS = {
  and: (...values: readonly unknown[]) => values.find((value) => !truth(value)) ?? values.at(-1),
  or: (...values: readonly unknown[]) => values.find(truth) ?? values.at(-1),
  eq: (value: unknown, ...others: readonly unknown[]) => others.some((other) => value === other),
  ne: (value: unknown, other: unknown) => value !== other,
  lt: (a: number, b: number) => a < b,
  le: (a: number, b: number) => a <= b,
  gt: (a: number, b: number) => a > b,
  ge: (a: number, b: number) => a >= b,
};

const TEXT = {
  json: (text: string) => JSON.parse(text) as unknown,
  jsonArray: (text: string) => JSON.parse(text) as unknown,
  join: (texts: readonly unknown[], separator: string) => texts.map(textOf).join(separator),
  print: (...values: readonly unknown[]) => values.map(textOf).join(''),
  println: (...values: readonly unknown[]) => `${values.map(textOf).join(' ')}\n`,
  trimPrefix: (text: string, prefix: string) => (text.startsWith(prefix) ? text.slice(prefix.length) : text),
  hasPrefix: (text: string, prefix: string) => text.startsWith(prefix),
  hasSuffix: (text: string, suffix: string) => text.endsWith(suffix),
  md5: (text: string) => createHash('md5').update(text).digest('hex'),
  sha256: (text: string) => createHash('sha256').update(text).digest('hex'),
};

const NUMBERS = {
  add: (a: number, b: number) => a + b,
  sub: (a: number, b: number) => a - b,
  mul: (a: number, b: number) => a * b,
  div: (a: number, b: number) => Math.trunc(a / nonZero(b)),
  mod: (a: number, b: number) => a % nonZero(b),
};

function nonZero(value: number): number {
  if (value === 0) throw new Error('division by zero');
  return value;
}
