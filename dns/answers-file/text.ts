import type { Problem } from '../../model/index.ts';

/** The keys from the top of a value to one place in it. */
export type Path = readonly (string | number)[];

/** A file read into plain data. */
export type AnswersText =
  | {
      readonly ok: true;
      readonly value: unknown;
      /** Line from 1; null if lines are not known. */
      readonly lineOf: (path: Path) => number | null;
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Several times what a hundred thousand names need. */
const YAML_LIMITS = { maxBytes: 256e6, maxValues: 20e6 };

/** Reads JSON with `JSON.parse`, which is some fifty times faster, and everything else as YAML. An empty file is null. */
export async function readAnswersText(file: string, text: string): Promise<AnswersText> {
  const value = readJson(text);
  if (value !== undefined) return { ok: true, value, lineOf: () => null };
  // Loaded only for YAML: loading takes longer than reading ten thousand names.
  const { readYaml } = await import('../../system/yaml/index.ts');
  const [document, second] = readYaml(text, YAML_LIMITS);
  if (!document) return { ok: true, value: null, lineOf: () => null };
  if (!document.ok) {
    const problems = document.faults.map(({ line, what, hint }) => ({ subject: `${file}:${line}`, what, hint }));
    return { ok: false, problems };
  }
  if (!second) return document;
  const hint = 'put everything into the first document';
  return { ok: false, problems: [{ subject: file, what: 'has more than one YAML document', hint }] };
}

/** Undefined: the text is not JSON. */
function readJson(text: string): unknown {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
