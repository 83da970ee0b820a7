import type { ExactMap, Problem } from '../../../model/index.ts';
import { readYaml } from '../../../system/yaml/index.ts';
import { interpolate } from './interpolate.ts';
import { layOut, type ServicePart } from './layout.ts';
import type { ManifestFile, ManifestOptions } from './manifest.ts';
import { isMap } from './values.ts';

/** The key of a service that names a file with metadata. */
export const METADATA_FILE = 'metadata_file';

/** Names of the files that a manifest refers to, relative to its folder. Never throws. */
export function attachedNames(file: ManifestFile, options: ManifestOptions = {}): readonly string[] {
  // The directory is read every second, so most files are not parsed for this.
  if (!file.text.includes(METADATA_FILE)) return [];
  const names = layOut(file, { stack: 'any', ...options }).parts.flatMap((part) => namesOf(part, options));
  return [...new Set(names)];
}

function namesOf({ keys, form }: ServicePart, { variables = {} }: ManifestOptions): readonly string[] {
  if (!isMap(keys)) return [];
  const drover = isMap(keys['x-drover']) ? keys['x-drover'] : {};
  return [keys[METADATA_FILE], drover[METADATA_FILE]].flatMap((name) => {
    const result = form === 'compose' ? interpolate(name, { variables }) : { ok: true, value: name };
    return result.ok && typeof result.value === 'string' ? [result.value] : [];
  });
}

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
