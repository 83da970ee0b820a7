import type { z } from 'zod';
import { nearestWord, type SchemaFault, schemaFaults } from '../../../model/index.ts';
import { type Values, without } from '../files/values.ts';
import type { RuleFault } from './convert-lb.ts';
import { nestedKeys, type ServiceKeys, serviceSchema } from './service-schema.ts';

type Path = readonly (string | number)[];

/**
 * The keys of a service after validation, or its faults. `unknown`: paths of keys that were left out. `ruleFaults`: of rules of a load
 * balancer that were left out; `rulePlaces`: places as written of the others, null: none was left out.
 */
export type CheckedKeys =
  | {
      readonly ok: true;
      readonly keys: ServiceKeys;
      readonly unknown: readonly Path[];
      readonly ruleFaults: readonly RuleFault[];
      readonly rulePlaces: readonly number[] | null;
    }
  | { readonly ok: false; readonly faults: readonly SchemaFault[] };

/**
 * Validates the keys of a service. An unknown key below one of them is left out if `isOfOthers` says that other programs read that
 * key too, unless the unknown one resembles a key of Drover: then it is a mistake. A wrong rule of a load balancer is left out, too.
 */
export function checkKeys(values: Values, isOfOthers: (key: string) => boolean): CheckedKeys {
  const parsed = serviceSchema.safeParse(values);
  if (parsed.success) return { ok: true, keys: parsed.data, unknown: [], ruleFaults: [], rulePlaces: null };
  const unknown = unknownPaths(parsed.error).filter((path) => isOfOthers(String(path[0])) && !isMistyped(path));
  const known = withoutPaths(values, unknown);
  const again = serviceSchema.safeParse(known);
  if (again.success) return { ok: true, keys: again.data, unknown, ruleFaults: [], rulePlaces: null };
  const faults = schemaFaults(again.error, nestedKeys);
  const ruleFaults = faults.flatMap((fault) => {
    const index = ruleIndex(fault.path);
    return index === null ? [] : [{ ...fault, index }];
  });
  const wrong = new Set(ruleFaults.map(({ index }) => index));
  const rest = serviceSchema.safeParse(
    withoutPaths(
      known,
      [...wrong].map((index) => [...RULES, index]),
    ),
  );
  const left = rest.data?.lb_config?.port_rules?.length ?? 0;
  if (!rest.success || left === 0) return { ok: false, faults };
  const places = Array.from({ length: left + wrong.size }, (_, index) => index);
  return { ok: true, keys: rest.data, unknown, ruleFaults, rulePlaces: places.filter((index) => !wrong.has(index)) };
}

const RULES = ['lb_config', 'port_rules'] as const;

/** The rule of a load balancer that a path leads into. */
function ruleIndex(path: Path): number | null {
  const [first, second, index] = path;
  return first === RULES[0] && second === RULES[1] && typeof index === 'number' ? index : null;
}

/** Later places of a list first, so that the earlier ones stay where they are. */
function withoutPaths(values: Values, paths: readonly Path[]): Values {
  const sorted = paths.toSorted((a, b) => Number(b.at(-1)) - Number(a.at(-1)));
  return sorted.map((path) => writtenPath(values, path)).reduce<unknown>(without, values) as Values;
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
