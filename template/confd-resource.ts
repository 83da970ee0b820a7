import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { Problem } from '../model/index.ts';
import { cleanPath } from './confd/go-path.ts';
import { readToml } from './confd-settings.ts';
import type { TemplateSpec } from './template-spec.ts';

const resourceSchema = z.object({
  template: z.object({
    src: z.string().min(1),
    dest: z.string().min(1),
    keys: z.array(z.string()).default([]),
    prefix: z.string().default(''),
    uid: z.int().optional(),
    gid: z.int().optional(),
    owner: z.string().optional(),
    group: z.string().optional(),
    mode: z.string().optional(),
    check_cmd: z.string().optional(),
    reload_cmd: z.string().optional(),
  }),
});

export type ReadResource =
  | { readonly ok: true; readonly template: TemplateSpec }
  | { readonly ok: false; readonly problem: Problem };

export interface ResourcePlace {
  readonly path: string;
  /** Contains `conf.d` and `templates`. */
  readonly folder: string;
  /** The prefix of confd's own settings, which takes the place of the resource's as in confd since 0.12. Null: not set. */
  readonly prefix: string | null;
  /** Without check and reload commands. */
  readonly syncOnly: boolean;
}

/** Parses a file of confd's `conf.d`. */
export function parseResource(text: string, { path, folder, prefix, syncOnly }: ResourcePlace): ReadResource {
  const failed = (what: string): ReadResource => ({
    ok: false,
    problem: { subject: path, what, hint: 'correct the file; other files are not affected' },
  });
  const read = readToml(text, resourceSchema);
  if (!read.ok) return failed(read.what);
  const { template } = read.value;
  const mode = template.mode === undefined || template.mode === '' ? null : modeOf(template.mode);
  if (mode === undefined) return failed(`template.mode '${template.mode}' is not an octal mode`);
  return {
    ok: true,
    template: {
      name: path,
      source: join(folder, 'templates', template.src),
      language: 'go',
      destination: resolve(template.dest),
      owner: ownerOf(template),
      mode,
      check: (!syncOnly && template.check_cmd) || null,
      reload: (!syncOnly && template.reload_cmd) || null,
      keys: template.keys,
      prefix: cleanPath(`/${prefix ?? template.prefix}`),
    },
  };
}

function modeOf(text: string): number | undefined {
  const digits = /^(?:0[oO]?)?([0-7]{1,4})$/.exec(text)?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 8);
}

function ownerOf({ uid, gid, owner, group }: z.infer<typeof resourceSchema>['template']): string | null {
  const user = owner ?? (uid === undefined ? '' : String(uid));
  const of = group ?? (gid === undefined ? '' : String(gid));
  if (user === '' && of === '') return null;
  return of === '' ? user : `${user}:${of}`;
}
