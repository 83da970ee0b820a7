import type { Result } from '../../../model/index.ts';
import { failedLayout, layOutFiles, variablesOf } from './include.ts';
import { interpolate, type Variables } from './interpolate.ts';
import { asText, isVersion1, type Layout } from './layout.ts';
import type { ManifestFile, ManifestOptions } from './manifest.ts';
import { type ManifestSource, sourceOf } from './source.ts';
import { isMap } from './values.ts';

/** All files of one apply, split into services. */
export interface Project {
  readonly layouts: readonly Layout[];
  /** For each file, the names of the files that it refers to and that are not attached, from its folder. */
  readonly wanted: readonly ReadonlySet<string>[];
}

/** Splits files that belong together, with those that they include. `.env` of the first file's folder gives variables to all. */
export function layOutProject(files: readonly ManifestFile[], options: ManifestOptions): Project {
  const wanted = files.map(() => new Set<string>());
  const sources = files.map((file, index) => sourceOf(file, (name) => wanted[index]?.add(name)));
  const [first] = sources;
  if (!first) return { layouts: [], wanted };
  const project = first.folder;
  const given = options.variables ?? {};
  const read = variablesOf({ variables: given }, { project });
  const own = read.ok ? read.value : given;
  const name = options.stack === undefined ? nameOf(sources, own) : { ok: true as const, value: options.stack };
  const stack = name.ok ? name.value : null;
  const context = {
    stack,
    variables: { ...own, ...(stack && { COMPOSE_PROJECT_NAME: stack }) },
    project,
    includedBy: null,
  };
  const problems = [read, name].flatMap((result) => (result.ok ? [] : [result.problem]));
  const failed = problems.length === 0 ? [] : [failedLayout(problems)];
  return { layouts: [...failed, ...layOutFiles(sources, context)], wanted };
}

/** The name of a Compose project, or null: also if its variables cannot be read. */
export function projectName(files: readonly ManifestFile[], { variables = {} }: ManifestOptions): string | null {
  const sources = files.map((file) => sourceOf(file, () => {}));
  const [first] = sources;
  const own = first ? variablesOf({ variables }, { project: first.folder }) : null;
  const name = own?.ok ? nameOf(sources, own.value) : null;
  return name?.ok ? name.value : null;
}

/** The name of a Compose project: `COMPOSE_PROJECT_NAME`, else the last `name:` of its files. */
function nameOf(sources: readonly ManifestSource[], variables: Variables): Result<string | null> {
  if (variables.COMPOSE_PROJECT_NAME) return { ok: true, value: variables.COMPOSE_PROJECT_NAME };
  for (const { path, documents } of sources.toReversed()) {
    for (const { document } of documents().toReversed()) {
      if (!document.ok || !isMap(document.value) || isVersion1(document.value) || 'stack' in document.value) continue;
      const name = interpolate(asText(document.value.name), { variables });
      const subject = `${path}:${document.lineOf(['name'])} name`;
      if (!name.ok) return { ok: false, problem: { ...name.problem, subject } };
      if (name.value) return { ok: true, value: String(name.value) };
    }
  }
  return { ok: true, value: null };
}
