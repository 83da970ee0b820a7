import type { z } from 'zod';
import { nearestWord } from './nearest.ts';

/** One thing a schema refused, in a person's words; the caller knows where `path` stands (file and line, variable, flag). */
export interface SchemaFault {
  readonly path: readonly (string | number)[];
  readonly what: string;
  readonly mend: string;
}

/**
 * Every fault of a zod error. `keysAt` gives the keys known at a path, for a suggestion to an unknown one. A schema's own
 * refinements give `mend` in `params`.
 */
export function schemaFaults(
  error: z.ZodError,
  keysAt: (path: readonly (string | number)[]) => readonly string[] = () => [],
): readonly SchemaFault[] {
  return error.issues.flatMap((issue) => issueFaults(issue, keysAt));
}

function issueFaults(
  issue: z.core.$ZodIssue,
  keysAt: (path: readonly (string | number)[]) => readonly string[],
): readonly SchemaFault[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], ...unknownKeyFault(key, keysAt(path)) }));
  }
  return [{ path, ...describe(issue) }];
}

/** What to say about a key nobody knows. */
export function unknownKeyFault(
  key: string,
  known: readonly string[],
): { readonly what: string; readonly mend: string } {
  const nearest = nearestWord(key, known);
  const list = known.length > 0 && known.length <= 12 ? `; known here: ${known.join(', ')}` : '';
  return { what: 'is not a known key', mend: nearest ? `did you mean ${nearest}?` : `remove it${list}` };
}

function describe(issue: z.core.$ZodIssue): { what: string; mend: string } {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.message.endsWith('received undefined'))
        return { what: 'is missing', mend: `add ${kindOf(issue.expected)}` };
      return { what: `is not ${kindOf(issue.expected)}`, mend: `write ${kindOf(issue.expected)}` };
    case 'invalid_value':
      return { what: 'is not one of the accepted values', mend: `use one of ${issue.values.map(String).join(', ')}` };
    case 'too_small':
      return { what: 'is too small', mend: `use ${issue.minimum} or more` };
    case 'too_big':
      return { what: 'is too large', mend: `use ${issue.maximum} or less` };
    case 'custom':
      return { what: issue.message, mend: String(issue.params?.mend ?? 'correct it') };
    case 'invalid_union':
      return { what: 'has a form that is not accepted', mend: unionMend(issue) };
    default:
      return { what: issue.message, mend: 'correct it' };
  }
}

function unionMend(issue: z.core.$ZodIssueInvalidUnion): string {
  const forms = issue.errors.flatMap((errors) => errors.slice(0, 1).map((error) => describe(error).mend));
  return [...new Set(forms)].join(', or ') || 'correct it';
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of keys and values',
  record: 'a map of keys and values',
  null: 'nothing',
};

function kindOf(expected: string): string {
  return KINDS[expected] ?? `a ${expected}`;
}
