import type { z } from 'zod';
import { nearestWord } from '../collections/nearest.ts';

/** One fault that a schema found, for operators. The caller adds where `path` comes from (file and line, variable, flag). */
export interface SchemaFault {
  readonly path: readonly (string | number)[];
  readonly what: string;
  readonly hint: string;
}

/**
 * All faults of a zod error. `keysAt` gives the known keys at a path, to suggest one for an unknown key. Refinements of a schema
 * give their hint in `params.hint`.
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

/** The fault for an unknown key. */
export function unknownKeyFault(
  key: string,
  known: readonly string[],
): { readonly what: string; readonly hint: string } {
  const nearest = nearestWord(key, known);
  const list = known.length > 0 && known.length <= 12 ? `; known here: ${known.join(', ')}` : '';
  return { what: 'is not a known key', hint: nearest ? `did you mean ${nearest}?` : `remove it${list}` };
}

function describe(issue: z.core.$ZodIssue): { what: string; hint: string } {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.message.endsWith('received undefined'))
        return { what: 'is missing', hint: `add ${kindOf(issue.expected)}` };
      return { what: `is not ${kindOf(issue.expected)}`, hint: `write ${kindOf(issue.expected)}` };
    case 'invalid_value':
      return { what: 'is not one of the accepted values', hint: `use one of ${issue.values.map(String).join(', ')}` };
    case 'too_small':
      return { what: 'is too small', hint: `use ${issue.minimum} or more` };
    case 'too_big':
      return { what: 'is too large', hint: `use ${issue.maximum} or less` };
    case 'custom':
      return { what: issue.message, hint: String(issue.params?.hint ?? 'correct it') };
    case 'invalid_union':
      return { what: 'has a form that is not accepted', hint: unionHint(issue) };
    default:
      return { what: issue.message, hint: 'correct it' };
  }
}

function unionHint(issue: z.core.$ZodIssueInvalidUnion): string {
  const forms = issue.errors.flatMap((errors) => errors.slice(0, 1).map((error) => describe(error).hint));
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
