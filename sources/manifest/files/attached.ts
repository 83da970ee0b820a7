import type { ExactMap, Problem } from '../../../model/index.ts';
import { readYaml } from '../../../system/yaml/index.ts';

/** The key of a service that names a file with metadata. */
export const METADATA_FILE = 'metadata_file';

/** The content of an attached file: a map, exact to the last digit. */
export type Attached =
  | { readonly ok: true; readonly value: ExactMap }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Reads YAML or JSON; `name` is for messages. */
export function readAttached(text: string, name: string): Attached {
  const [document, ...more] = readYaml(text.replace(/^\uFEFF/, ''), { styleOf: () => ({ exact: true }) });
  if (document && !document.ok) {
    return {
      ok: false,
      problems: document.faults.map(({ line, what, hint }) => ({ subject: `${name}:${line}`, what, hint })),
    };
  }
  if (more.length === 0 && document?.value instanceof Map) return { ok: true, value: document.value };
  const what = more.length === 0 ? 'is not a map of keys and values' : 'has several documents';
  return { ok: false, problems: [{ subject: name, what, hint: 'write one map of keys and values' }] };
}
