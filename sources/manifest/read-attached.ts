import { dirname, resolve } from 'node:path';
import type { Problem } from '../../model/index.ts';
import { ENV_FILE } from './files/include.ts';
import type { ManifestFile, ManifestOptions } from './files/manifest.ts';
import { wantedFiles } from './parse-manifests.ts';
import { type ReadFile, type ReadText, readText } from './read-text.ts';

/** A manifest with the texts of the files that it refers to. */
export type AttachedManifest = ManifestFile & Required<Pick<ManifestFile, 'attached'>>;

/** Words in manifests that refer to other files. Manifests without them need no parsing here: they only have variables of an `.env`. */
const REFERENCE = /\b(metadata_file|extends|include)\b/;

/**
 * Reads the files that manifests refer to, relative to their folders, and the files that those refer to. Unreadable ones are left out;
 * `parseManifests` reports them.
 */
export async function readAttachedFiles(
  files: readonly ManifestFile[],
  options: ManifestOptions = {},
  read: ReadFile = readText,
): Promise<readonly AttachedManifest[]> {
  let done: readonly AttachedManifest[] = files.map((file) => ({ ...file, attached: {} }));
  const isAlone = files.every(({ text }) => !REFERENCE.test(text));
  const tried = files.map(() => new Set<string>());
  for (;;) {
    const named = isAlone ? files.map((_, index) => (index === 0 ? [ENV_FILE] : [])) : wantedFiles(done, options);
    const wanted = named.map((names, index) => [...names].filter((name) => !tried[index]?.has(name)));
    if (wanted.every((names) => names.length === 0)) return done;
    done = await Promise.all(done.map((file, index) => readAll(file, wanted[index], read)));
    for (const [index, names] of wanted.entries()) for (const name of names) tried[index]?.add(name);
  }
}

async function readAll(
  file: AttachedManifest,
  names: readonly string[] = [],
  read: ReadFile,
): Promise<AttachedManifest> {
  const results = await Promise.all(
    names.map(async (name) => ({ name, result: await read(resolve(dirname(file.path), name)) })),
  );
  const texts = results.flatMap(({ name, result }) => (result.ok ? [[name, result.text] as const] : []));
  const done = { ...file, attached: { ...file.attached, ...Object.fromEntries(texts) } };
  // Other files are missed where they are used. Without this one, variables would silently be empty.
  const fault = results.flatMap(({ name, result }) => (name === ENV_FILE && !result.ok ? faultOf(result) : []))[0];
  return fault ? { ...done, fault } : done;
}

function faultOf({ isMissing, fault }: Extract<ReadText, { ok: false }>): readonly Omit<Problem, 'subject'>[] {
  return isMissing ? [] : [{ ...fault, what: `needs ${ENV_FILE}, which ${fault.what}` }];
}
