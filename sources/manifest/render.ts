import {
  type ExactJson,
  formatExactJson,
  type JsonObject,
  type JsonValue,
  membersOf,
  parseExactJson,
  type ServiceDeclaration,
} from '../../model/index.ts';
import type { DeclarationChange } from './plan.ts';

/** Changes as lines for review: `+` new, `~` changed, with the differences, `-` removed. */
export function renderChanges(changes: readonly DeclarationChange[]): readonly string[] {
  return changes.flatMap((change) => {
    const name = change.key.slice('service/'.length);
    if (change.kind === 'delete') return [`- ${name}`];
    if (change.previous === null) return [`+ ${name} (${change.value.kind})`];
    const lines = differences(unfolded(change.previous), unfolded(asJson(change.value)), '');
    return [`~ ${name}`, ...lines.map((line) => `    ${line}`)];
  });
}

/** With its metadata as a tree; metadata that cannot be parsed stays text. */
function unfolded(declaration: JsonValue): ExactJson {
  const { metadata } = (declaration ?? {}) as JsonObject;
  if (typeof metadata !== 'string') return declaration;
  try {
    return { ...(declaration as JsonObject), metadata: parseExactJson(metadata) };
  } catch {
    return declaration;
  }
}

/** Every leaf that differs, as `path: before -> after`. */
function differences(before: ExactJson | undefined, after: ExactJson | undefined, path: string): readonly string[] {
  if (textOf(before) === textOf(after)) return [];
  const [old, now] = [mapOf(before), mapOf(after)];
  if (!old || !now) return [`${path}: ${brief(before)} -> ${brief(after)}`];
  const keys = [...new Set([...old.keys(), ...now.keys()])];
  const lines = keys.flatMap((key) => differences(old.get(key), now.get(key), path === '' ? key : `${path}.${key}`));
  return lines.length > 0 ? lines : [`${path}: order of keys`];
}

function mapOf(value: ExactJson | undefined): ReadonlyMap<string, ExactJson> | null {
  if (typeof value !== 'object' || value === null) return null;
  return new Map(membersOf(value as { readonly [key: string]: ExactJson }));
}

function textOf(value: ExactJson | undefined): string | undefined {
  return value === undefined ? undefined : formatExactJson(value);
}

function brief(value: ExactJson | undefined): string {
  const text = textOf(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** A declaration is JSON by its type; an interface has no index signature to say so. */
export function asJson(declaration: ServiceDeclaration): JsonValue {
  return declaration as unknown as JsonValue;
}
