import type { z } from 'zod';
import { nearestWord, type SchemaFault, schemaFaults } from '../../model/index.ts';
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
export function checkKeys(
  values: Readonly<Record<string, unknown>>,
  isOfOthers: (key: string) => boolean,
): CheckedKeys {
  const parsed = serviceSchema.safeParse(values);
  if (parsed.success) return { ok: true, keys: parsed.data, unknown: [] };
  const unknown = unknownPaths(parsed.error).filter((path) => isOfOthers(String(path[0])) && !isMistyped(path));
  const again = unknown.length === 0 ? parsed : serviceSchema.safeParse(without(values, unknown));
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

function without(values: Readonly<Record<string, unknown>>, paths: readonly Path[]): unknown {
  const copy: unknown = structuredClone(values);
  for (const path of paths) {
    const parent = path.slice(0, -1).reduce((node: unknown, part) => (node as Record<string, unknown>)[part], copy);
    delete (parent as Record<string, unknown>)[String(path.at(-1))];
  }
  return copy;
}
