import type { z } from 'zod';
import { nearestWord, type SchemaFault, schemaFaults } from '../../../model/index.ts';
import { type Values, without } from '../files/values.ts';
import { nestedKeys, type ServiceKeys, serviceSchema } from './service-schema.ts';

type Path = readonly (string | number)[];

/** The keys of a service after validation, or its faults. `unknown`: paths of keys that were left out. */
export type CheckedKeys =
  | { readonly ok: true; readonly keys: ServiceKeys; readonly unknown: readonly Path[] }
  | { readonly ok: false; readonly faults: readonly SchemaFault[] };

/**
 * Validates the keys of a service. An unknown key below one of them is left out if `isOfOthers` says that other programs read that
 * key too, unless the unknown one resembles a key of Drover: then it is a mistake.
 */
export function checkKeys(values: Values, isOfOthers: (key: string) => boolean): CheckedKeys {
  const parsed = serviceSchema.safeParse(values);
  if (parsed.success) return { ok: true, keys: parsed.data, unknown: [] };
  const unknown = unknownPaths(parsed.error).filter((path) => isOfOthers(String(path[0])) && !isMistyped(path));
  const again =
    unknown.length === 0
      ? parsed
      : serviceSchema.safeParse(unknown.map((path) => writtenPath(values, path)).reduce(without, values));
  if (again.success) return { ok: true, keys: again.data, unknown };
  return { ok: false, faults: schemaFaults(again.error, nestedKeys) };
}

function unknownPaths(error: z.ZodError): readonly Path[] {
  return error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...(issue.path as (string | number)[]), key]) : [],
  );
}

function isMistyped(path: Path): boolean {
  return nearestWord(String(path.at(-1)), nestedKeys(path.slice(0, -1))) !== null;
}

/** A path in the values as written: there a single value may stand for a list of one. */
function writtenPath(value: unknown, [key, ...rest]: Path): Path {
  if (key === undefined) return [];
  if (typeof key === 'number' && !Array.isArray(value)) return writtenPath(value, rest);
  return [key, ...writtenPath((value as Values)[key], rest)];
}
