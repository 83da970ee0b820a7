import { parse as parseToml } from 'smol-toml';
import { z } from 'zod';
import { type Problem, schemaFaults } from '../model/index.ts';

/** The part of confd's own settings, `confd.toml`, that Drover follows. */
export interface ConfdSettings {
  /** Takes the place of the prefix of each resource. Null: not set. */
  readonly prefix: string | null;
  /** Folder with `conf.d` and `templates`. */
  readonly confdir: string | null;
  /** URL of the metadata server. */
  readonly metadata: string | null;
  /** Nothing is written. */
  readonly noop: boolean;
  /** Files are written without their check and reload commands. */
  readonly syncOnly: boolean;
}

export const NO_SETTINGS: ConfdSettings = { prefix: null, confdir: null, metadata: null, noop: false, syncOnly: false };

const settingsSchema = z.object({
  prefix: z.string().optional(),
  confdir: z.string().optional(),
  backend: z.string().optional(),
  nodes: z.array(z.string()).default([]),
  noop: z.boolean().default(false),
  'sync-only': z.boolean().default(false),
});

export interface ReadSettings {
  readonly settings: ConfdSettings;
  readonly problems: readonly Problem[];
}

/** Parses `confd.toml`. Gives a Problem if the file is not valid. The nodes of another backend are ignored with a problem. */
export function parseConfdSettings(text: string, path: string): ReadSettings | Problem {
  const read = readToml(text, settingsSchema);
  if (!read.ok)
    return { subject: path, what: read.what, hint: 'correct the file; its prefix applies to all templates' };
  const { prefix, confdir, backend = 'rancher', nodes, noop, 'sync-only': syncOnly } = read.value;
  const isOther = backend !== 'rancher';
  const [node] = isOther ? [] : nodes;
  const problems = isOther
    ? [
        {
          subject: path,
          what: `the backend ${backend} is not used`,
          hint: 'Drover reads metadata; give its URL with --metadata',
        },
      ]
    : [];
  return {
    settings: {
      prefix: prefix || null,
      confdir: confdir || null,
      metadata: node === undefined ? null : `http://${node}`,
      noop,
      syncOnly,
    },
    problems,
  };
}

type ReadToml<Value> = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly what: string };

/** A TOML file of confd. Names of keys are read without regard to case, as confd does. */
export function readToml<Value>(text: string, schema: z.ZodType<Value>): ReadToml<Value> {
  let file: unknown;
  try {
    file = parseToml(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    return { ok: false, what: `is not valid TOML: ${reason}` };
  }
  const parsed = schema.safeParse(withLowerKeys(file));
  if (parsed.success) return { ok: true, value: parsed.data };
  const faults = schemaFaults(parsed.error).map(({ path, what }) => `${path.join('.')} ${what}`);
  return { ok: false, what: faults.join(', ') };
}

function withLowerKeys(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key.toLowerCase(), withLowerKeys(member)]));
}
