import type { Problem } from '../../model/index.ts';

/** Where in a value something stands. */
export type Path = readonly (string | number)[];

/** A file as plain data. */
export type AnswersText =
  | {
      readonly ok: true;
      readonly value: unknown;
      /** From 1; null where lines are not known. */
      readonly lineOf: (path: Path) => number | null;
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Reads JSON as JSON, which is some fifty times faster, and everything else as YAML. */
export async function readAnswersText(file: string, text: string): Promise<AnswersText> {
  const value = readJson(text);
  if (value !== undefined) return { ok: true, value, lineOf: () => null };
  // Loaded when needed: it takes longer than reading ten thousand names.
  const { readYamlText } = await import('./yaml-text.ts');
  return readYamlText(file, text);
}

/** Undefined: it is no JSON. */
function readJson(text: string): unknown {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
