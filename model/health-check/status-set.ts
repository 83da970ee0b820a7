import { ok, problem, type Result } from '../problem/result.ts';

const SUBJECT = 'expected status';
const EXAMPLE = 'write it as `200` or `200-299,304`';
const MAX_RANGES = 20;

/** Parses a list of HTTP statuses: `200`, `200-299,304`. Gives its canonical form: in order, without blanks or repetition. */
export function parseStatusSet(text: string): Result<string> {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.length > MAX_RANGES) return problem(SUBJECT, `has ${parts.length} ranges`, `use at most ${MAX_RANGES}`);
  for (const part of parts) {
    const [, first = '', last = first] = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(part) ?? [];
    if (first === '') return problem(SUBJECT, `has ${show(part)}, not a status from 100 to 599 or a range`, EXAMPLE);
    if (first > last) return problem(SUBJECT, `has ${show(part)}, a range that ends before it begins`, EXAMPLE);
  }
  return ok([...new Set(parts)].sort().join(','));
}

const show = (part: string): string => JSON.stringify(part.slice(0, 40));
