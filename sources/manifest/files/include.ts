import type { Problem, Result } from '../../../model/index.ts';
import { parseEnvFile } from './env-file.ts';
import { interpolate, type Variables } from './interpolate.ts';
import { type Include, type Layout, type LayoutContext, layOut } from './layout.ts';
import type { Folder, ManifestSource } from './source.ts';
import { isMap } from './values.ts';

/** The environment file of a project's folder. */
export const ENV_FILE = '.env';

/** The services of the files that `include` names, in the order in which they are merged. `above`: the files that include this one. */
function layOutIncludes(includes: readonly Include[], above: readonly string[]): readonly Layout[] {
  return includes.flatMap((include) => {
    const { context, subject } = include;
    const refused = (what: string, hint: string) => [failedLayout([{ subject, what, hint }])];
    const value = interpolate(include.value, { variables: context.variables });
    if (!value.ok) return refused(value.problem.what, value.problem.hint);
    const form = formOf(value.value);
    if (!form) return refused('does not name a file', 'write the path of a Compose file');
    const sources: ManifestSource[] = [];
    for (const path of form.paths) {
      const source = context.project.open(path);
      if (!source)
        return refused(`(${path}) cannot be read`, 'correct the path: it is relative to the folder of the first file');
      if (above.includes(source.path))
        return refused(`(${path}) includes itself`, 'remove one `include` of the circle');
      sources.push(source);
    }
    const project = form.directory === null ? sources[0]?.folder : context.project.enter(form.directory);
    if (!project) return [];
    const variables = variablesOf(context, { project, envFiles: form.envFiles });
    if (!variables.ok) return [failedLayout([variables.problem])];
    const inner: LayoutContext = { ...context, project, variables: variables.value, includedBy: include.file };
    return layOutFiles(sources, inner, above);
  });
}

/** The services of files, each after those that it includes. */
export function layOutFiles(
  sources: readonly ManifestSource[],
  context: LayoutContext,
  above: readonly string[] = [],
): readonly Layout[] {
  return sources.flatMap((source) => {
    const layout = layOut(source, context);
    return [...layOutIncludes(layout.includes, [...above, source.path]), layout];
  });
}

interface Form {
  readonly paths: readonly string[];
  readonly directory: string | null;
  /** Null: the `.env` of the folder, if there is one. */
  readonly envFiles: readonly string[] | null;
}

function formOf(value: unknown): Form | null {
  const { path, project_directory: directory, env_file: envFile } = isMap(value) ? value : { path: value };
  const paths = textsOf(path);
  const envFiles = envFile === undefined || envFile === null ? null : textsOf(envFile);
  if (!paths || paths.length === 0) return null;
  return { paths, directory: typeof directory === 'string' ? directory : null, envFiles };
}

function textsOf(value: unknown): readonly string[] | null {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.every((item) => typeof item === 'string') ? list : null;
}

/** The variables of a project: those given win over those of its environment files. */
export function variablesOf(
  { variables }: Pick<LayoutContext, 'variables'>,
  { project, envFiles = null }: { readonly project: Folder; readonly envFiles?: readonly string[] | null },
): Result<Variables> {
  let own: Variables = {};
  for (const name of envFiles ?? [ENV_FILE]) {
    const source = project.open(name);
    if (!source) {
      if (envFiles === null) continue;
      return { ok: false, problem: { subject: name, what: 'cannot be read', hint: 'correct the path under env_file' } };
    }
    const parsed = parseEnvFile(source, { variables: { ...own, ...variables } });
    if (!parsed.ok) return parsed;
    own = { ...own, ...parsed.value };
  }
  return { ok: true, value: { ...own, ...variables } };
}

/** The services of the Compose files may depend on what is missing. */
export function failedLayout(problems: readonly Problem[]): Layout {
  return { parts: [], problems, ignoredKeys: [], notes: [], stacks: [], unread: [''], includes: [], emptyFiles: [] };
}
