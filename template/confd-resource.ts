import { posix, resolve } from 'node:path';
import { parse as parseToml } from 'smol-toml';
import { z } from 'zod';
import type { Problem } from '../model/index.ts';
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

/** Parses a file of confd's `conf.d`. `folder` contains `conf.d` and `templates`; `prefix` is that of confd's own settings. */
export function parseResource(
  text: string,
  { path, folder, prefix }: { readonly path: string; readonly folder: string; readonly prefix: string },
): ReadResource {
  const failed = (what: string): ReadResource => ({
    ok: false,
    problem: { subject: path, what, hint: 'correct the file; other files are not affected' },
  });
  let file: unknown;
  try {
    file = parseToml(text);
  } catch (error) {
    return failed(`is not valid TOML: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`);
  }
  const parsed = resourceSchema.safeParse(file);
  if (!parsed.success) {
    return failed(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join(', '));
  }
  const { template } = parsed.data;
  const mode = template.mode === undefined || template.mode === '' ? null : modeOf(template.mode);
  if (mode === undefined) return failed(`template.mode: '${template.mode}' is not an octal mode`);
  return {
    ok: true,
    template: {
      name: path,
      source: resolve(folder, 'templates', template.src),
      language: 'go',
      destination: resolve(folder, template.dest),
      owner: ownerOf(template),
      mode,
      check: template.check_cmd || null,
      reload: template.reload_cmd || null,
      keys: template.keys,
      prefix: posix.join('/', prefix, template.prefix),
    },
  };
}

function modeOf(text: string): number | undefined {
  return /^0?[0-7]{1,4}$/.test(text) ? Number.parseInt(text, 8) : undefined;
}

function ownerOf({ uid, gid, owner, group }: z.infer<typeof resourceSchema>['template']): string | null {
  const user = owner ?? (uid === undefined ? '' : String(uid));
  const of = group ?? (gid === undefined ? '' : String(gid));
  if (user === '' && of === '') return null;
  return of === '' ? user : `${user}:${of}`;
}
