import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Problem } from '../../../model/index.ts';
import type { ConfdSettings, TemplateSpec } from '../../../template/index.ts';
import { unreadable, usageFailure } from '../../support/io.ts';

/** The flags of `drover template`. */
export interface TemplateOptions {
  readonly config?: string;
  readonly confd?: string;
  readonly prefix?: string;
  readonly source?: string;
  readonly destination?: string;
  readonly owner?: string;
  readonly mode?: string;
  readonly check?: string;
  readonly reload?: string;
  readonly metadata?: string;
  readonly apiVersion: string;
  readonly once?: boolean;
  readonly dry?: boolean;
}

export interface ReadSpecs extends Part {
  /** confd's own settings. */
  readonly settings: ConfdSettings;
}

interface Part {
  readonly templates: readonly TemplateSpec[];
  readonly problems: readonly Problem[];
}

/** The templates of --config, --confd and --source, and the problems of those that cannot be used. */
export async function readSpecs(options: TemplateOptions): Promise<ReadSpecs> {
  const { NO_SETTINGS, parseTemplates } = await import('../../../template/index.ts');
  const confd = await readConfd(options);
  const parts: (Part | null)[] = [confd, await oneTemplate(options)];
  if (options.config !== undefined) {
    const path = options.config;
    parts.push(parseTemplates(await readText(path), { path, folder: dirname(resolve(path)) }));
  }
  const given = parts.flatMap((part) => part ?? []);
  if (given.length === 0) {
    throw usageFailure('drover template', 'no template given', 'use --source and --destination, --config or --confd');
  }
  return {
    templates: given.flatMap(({ templates }) => templates),
    problems: given.flatMap(({ problems }) => problems),
    settings: confd?.settings ?? NO_SETTINGS,
  };
}

/** The folder of confd: `confd.toml`, and all resources in and below `conf.d`. */
async function readConfd({ confd, prefix }: TemplateOptions): Promise<ReadSpecs | null> {
  if (confd === undefined) return null;
  const { NO_SETTINGS, parseConfdSettings, parseResource } = await import('../../../template/index.ts');
  const given = resolve(confd);
  const path = join(given, 'confd.toml');
  const read = existsSync(path)
    ? parseConfdSettings(await readText(path), path)
    : { settings: NO_SETTINGS, problems: [] };
  if ('subject' in read) return { templates: [], problems: [read], settings: NO_SETTINGS };
  const { settings } = read;
  const folder = existsSync(join(given, 'conf.d')) ? given : resolve(settings.confdir ?? given);
  const paths = await filesBelow(join(folder, 'conf.d'));
  const resources = await Promise.all(
    paths
      .filter((name) => name.endsWith('toml'))
      .map(async (file) =>
        parseResource(await readText(file), {
          path: file,
          folder,
          prefix: prefix || settings.prefix,
          syncOnly: settings.syncOnly,
        }),
      ),
  );
  return {
    templates: resources.flatMap((resource) => (resource.ok ? [resource.template] : [])),
    problems: [...read.problems, ...resources.flatMap((resource) => (resource.ok ? [] : [resource.problem]))],
    settings,
  };
}

/** The files of a folder and its sub-folders, in order. */
async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    throw unreadable(folder, error);
  });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => join(parentPath, name))
    .toSorted();
}

/** The template of --source and --destination, if given. Its options equal those of an entry of a file. */
async function oneTemplate(options: TemplateOptions): Promise<Part | null> {
  const { source, destination, owner, mode, check, reload } = options;
  if (source === undefined && destination === undefined) return null;
  if (source === undefined || destination === undefined) {
    throw usageFailure('drover template', '--source and --destination belong together, and one is missing', 'use both');
  }
  if (mode !== undefined && !/^0?[0-7]{3,4}$/.test(mode)) {
    throw usageFailure('--mode', `'${mode}' is not an octal mode`, 'write it like 0644');
  }
  const { languageOf } = await import('../../../template/index.ts');
  const template: TemplateSpec = {
    name: source,
    source: resolve(source),
    language: languageOf(source),
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

function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    throw unreadable(path, error);
  });
}
