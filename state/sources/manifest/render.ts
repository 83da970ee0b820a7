import type { JsonValue, ServiceDeclaration } from '../../../model/index.ts';
import type { DeclarationChange } from './plan.ts';

/** Changes as lines a person reads before they are made: `+` new, `~` changed with what changes, `-` gone. */
export function renderChanges(changes: readonly DeclarationChange[]): readonly string[] {
  if (changes.length === 0) return ['nothing to change'];
  return changes.flatMap((change) => {
    const name = change.key.slice('service/'.length);
    if (change.kind === 'delete') return [`- ${name}`];
    if (change.previous === null) return [`+ ${name} (${change.value.kind})`];
    return [`~ ${name}`, ...differences(change.previous, asJson(change.value), '').map((line) => `    ${line}`)];
  });
}

/** Every leaf that differs, as `path: before -> after`. */
function differences(before: JsonValue | undefined, after: JsonValue | undefined, path: string): readonly string[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  if (!isTree(before) || !isTree(after)) return [`${path}: ${brief(before)} -> ${brief(after)}`];
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const lines = keys.flatMap((key) => differences(before[key], after[key], path === '' ? key : `${path}.${key}`));
  return lines.length > 0 ? lines : [`${path}: order of keys`];
}

function isTree(value: JsonValue | undefined): value is { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null;
}

function brief(value: JsonValue | undefined): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** A declaration is JSON by its type; an interface has no index signature to say so. */
export function asJson(declaration: ServiceDeclaration): JsonValue {
  return declaration as unknown as JsonValue;
}
