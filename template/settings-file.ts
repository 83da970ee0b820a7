import { resolve } from 'node:path';
import { z } from 'zod';
import type { Problem } from '../model/index.ts';
import { readYaml } from '../system/yaml/index.ts';
import type { TemplateSpec } from './template-spec.ts';

const entrySchema = z.strictObject({
  source: z.string().min(1),
  destination: z.string().min(1),
  language: z.enum(['handlebars', 'go']).optional(),
  owner: z.string().min(1).optional(),
  mode: z.union([z.string().regex(/^0?[0-7]{3,4}$/), z.int().min(0).max(0o7777)]).optional(),
  check: z.string().min(1).optional(),
  reload: z.string().min(1).optional(),
  keys: z.array(z.string().startsWith('/')).optional(),
  prefix: z.string().startsWith('/').optional(),
});

/** The templates of a file, and the problems of those that are left out. */
export interface ReadTemplates {
  readonly templates: readonly TemplateSpec[];
  readonly problems: readonly Problem[];
}

/** Parses a file of templates in Drover's form (a list `templates:`). Paths are relative to `folder`. */
export function parseTemplates(
  text: string,
  { path, folder }: { readonly path: string; readonly folder: string },
): ReadTemplates {
  const [file] = readYaml(text);
  if (file && !file.ok) {
    const problems = file.faults.map(({ line, what, hint }) => ({ subject: `${path}:${line}`, what, hint }));
    return { templates: [], problems };
  }
  const list = z.strictObject({ templates: z.array(z.unknown()) }).safeParse(file?.value);
  if (!list.success) {
    return {
      templates: [],
      problems: [{ subject: path, what: 'has no list `templates`', hint: 'add it; docs/templates.md has an example' }],
    };
  }
  const read = list.data.templates.map((entry, at) => readEntry(entry, `${path} templates[${at}]`, folder));
  return {
    templates: read.flatMap(({ template }) => template ?? []),
    problems: read.flatMap(({ problems }) => problems),
  };
}

function readEntry(
  entry: unknown,
  subject: string,
  folder: string,
): { readonly template: TemplateSpec | null; readonly problems: readonly Problem[] } {
  const parsed = entrySchema.safeParse(entry);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => ({
      subject: [subject, ...path].join('.'),
      what: message,
      hint: 'correct the entry; docs/templates.md lists the keys',
    }));
    return { template: null, problems };
  }
  const { source, destination, language, owner, mode, check, reload, keys, prefix } = parsed.data;
  const template: TemplateSpec = {
    name: subject,
    source: resolve(folder, source),
    language: language ?? languageOf(source),
    destination: resolve(folder, destination),
    owner: owner ?? null,
    mode: typeof mode === 'string' ? Number.parseInt(mode, 8) : (mode ?? null),
    check: check ?? null,
    reload: reload ?? null,
    keys: keys ?? [],
    prefix: prefix ?? '/',
  };
  return { template, problems: [] };
}

/** Names of confd templates end in `.tmpl`. */
export function languageOf(source: string): TemplateSpec['language'] {
  return source.endsWith('.tmpl') ? 'go' : 'handlebars';
}
