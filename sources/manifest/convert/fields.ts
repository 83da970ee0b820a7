import { z } from 'zod';
import { parseFlag, type Result } from '../../../model/index.ts';

/** A text with a parser of its own, whose problems are shown to the user. */
export function parsed<T>(parse: (text: string) => Result<T>) {
  return z.preprocess(
    scalarText,
    z.string().transform((text, context) => {
      const result = parse(text);
      if (result.ok) return result.value;
      const { what, hint } = result.problem;
      context.addIssue({ code: 'custom', message: `(${JSON.stringify(text)}) ${what}`, params: { hint } });
      return z.NEVER;
    }),
  );
}

/** Whole numbers, also as text, because variables and quotes give text. */
export const whole = (minimum: number, maximum: number) =>
  z.preprocess(
    (value) => (typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : value),
    z.int().min(minimum).max(maximum),
  );
export const flag = () =>
  z.preprocess((value) => {
    const parsed = parseFlag(value);
    return parsed.ok ? parsed.value : value;
  }, z.boolean());
/** Texts that may be written without quotes: `80`, `true`. */
export const text = () => z.preprocess(scalarText, z.string());
export const optional = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? null);
/** A number, or empty: a variable without a value. */
export const optionalWhole = (minimum: number, maximum: number) =>
  z.preprocess((value) => (value === '' ? null : value), optional(whole(minimum, maximum)));
/** Programs in Go write 0 and "" for values that are not set. */
export const optionalInGo = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === 0 || value === '0' || value === '' ? null : value), optional(schema));
/** A single value counts as a list of one. */
export const listOf = <T extends z.ZodType>(item: T) =>
  z.preprocess((value) => (value === null || Array.isArray(value) ? (value ?? []) : [value]), z.array(item));

/** Numbers and flags as text. */
export function scalarText(value: unknown): unknown {
  return ['number', 'bigint', 'boolean'].includes(typeof value) ? String(value) : value;
}

export function lowerCase(value: unknown): unknown {
  return typeof value === 'string' ? value.toLowerCase() : value;
}

/** Port 1 to 65535. */
export const port = () => whole(1, 65_535);
/** Milliseconds, up to a day. */
export const milliseconds = () => optionalWhole(0, 86_400_000);
