import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Problem } from '../../model/index.ts';
import type { TemplateSpec } from '../../template/index.ts';
import { unreadable, usageFailure } from '../support/io.ts';

/** The flags of `drover template`. */
export interface TemplateOptions {
  readonly config?: string;
  readonly confd?: string;
  readonly prefix: string;
  readonly source?: string;
  readonly destination?: string;
  readonly owner?: string;
  readonly mode?: string;
  readonly check?: string;
  readonly reload?: string;
  readonly metadata: string;
  readonly apiVersion: string;
  readonly once?: boolean;
  readonly dry?: boolean;
}

/** The templates of --config, --confd and --source, and the problems of those that cannot be used. */
export async function readSpecs(
  options: TemplateOptions,
): Promise<{ readonly specs: readonly TemplateSpec[]; readonly problems: readonly Problem[] }> {
  const { parseTemplates } = await import('../../template/index.ts');
  const parts = [await readConfd(options), oneTemplate(options)];
  if (options.config !== undefined) {
    const path = options.config;
    parts.push(parseTemplatesFile(parseTemplates, await readText(path), path));
  }
  const given = parts.flatMap((part) => part ?? []);
  if (given.length === 0) {
    throw usageFailure('drover template', 'no template given', 'use --source and --destination, --config or --confd');
  }
  return { specs: given.flatMap(({ templates }) => templates), problems: given.flatMap(({ problems }) => problems) };
}

interface Part {
  readonly templates: readonly TemplateSpec[];
  readonly problems: readonly Problem[];
}

function parseTemplatesFile(
  parse: (text: string, from: { readonly path: string; readonly folder: string }) => Part,
  text: string,
  path: string,
): Part {
  return parse(text, { path, folder: dirname(resolve(path)) });
}

async function readConfd({ confd, prefix }: TemplateOptions): Promise<Part | null> {
  if (confd === undefined) return null;
  const { parseResource } = await import('../../template/index.ts');
  const folder = resolve(confd);
  const names = await readdir(join(folder, 'conf.d')).catch((error: unknown) => {
    throw unreadable(join(folder, 'conf.d'), error);
  });
  const resources = await Promise.all(
    names
      .filter((name) => name.endsWith('.toml'))
      .sort()
      .map(async (name) => {
        const path = join(folder, 'conf.d', name);
        return parseResource(await readText(path), { path, folder, prefix });
      }),
  );
  return {
    templates: resources.flatMap((resource) => (resource.ok ? [resource.template] : [])),
    problems: resources.flatMap((resource) => (resource.ok ? [] : [resource.problem])),
  };
}

/** The template of --source and --destination, if given. Its options equal those of an entry of a file. */
function oneTemplate(options: TemplateOptions): Part | null {
  const { source, destination, owner, mode, check, reload } = options;
  if (source === undefined && destination === undefined) return null;
  if (source === undefined || destination === undefined) {
    throw usageFailure('drover template', '--source and --destination belong together, and one is missing', 'use both');
  }
  if (mode !== undefined && !/^0?[0-7]{3,4}$/.test(mode)) {
    throw usageFailure('--mode', `'${mode}' is not an octal mode`, 'write it like 0644');
  }
  const template: TemplateSpec = {
    name: source,
    source: resolve(source),
    language: source.endsWith('.tmpl') ? 'go' : 'handlebars',
    destination: resolve(destination),
    owner: owner ?? null,
    mode: mode === undefined ? null : Number.parseInt(mode, 8),
    check: check ?? null,
    reload: reload ?? null,
    // A confd template without its .toml may read any key.
    keys: ['/'],
    prefix: `/${options.apiVersion}`,
  };
  return { templates: [template], problems: [] };
}

export function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    throw unreadable(path, error);
  });
}
