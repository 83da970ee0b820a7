import { type Problem, schemaFaults } from '../../model/index.ts';
import type { YamlDocument } from '../../system/yaml/index.ts';
import { applyEnvironment, applyFlags, FILE_VARIABLE, type Layers } from './layers.ts';
import { type Config, configSchema } from './schema.ts';
import { keysAt, listSettings, type Setting } from './settings.ts';

export type { Config } from './schema.ts';
export { listSettings, type Setting, type SettingType } from './settings.ts';

/** Read if no file is given; it need not exist. */
export const DEFAULT_CONFIG_FILE = '/etc/drover/drover.yaml';

export interface ConfigDependencies {
  /** Rejects with an errno `code` (`ENOENT`, `EACCES`) as node:fs does. */
  readonly readFile: (path: string) => Promise<string>;
}

export interface ConfigSources {
  /** Absent: `DROVER_CONFIG` of the environment, otherwise the default file if it exists. */
  readonly file?: string | undefined;
  /** The whole environment; variables without the prefix DROVER_ are ignored. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** By flag (`bus-driver`) or as an argument parser names it (`busDriver`); overrides environment and file. */
  readonly flags: Readonly<Record<string, string | boolean | undefined>>;
  /** Flags that are no settings (`--json`), to suggest one for a misspelled flag. */
  readonly otherFlags?: readonly string[];
}

/** All problems at once; `warnings` change nothing. `file` is the file that was read, null if there was none. */
export type LoadedConfig =
  | { readonly ok: true; readonly config: Config; readonly file: string | null; readonly warnings: readonly Problem[] }
  | InvalidConfig;

export interface InvalidConfig {
  readonly ok: false;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
  /** The sections that are valid by themselves, else defaults: enough to find an agent that was started before. */
  readonly readable: Config;
  /** Whether flags are among the problems. */
  readonly usage: boolean;
}

/** Reads the configuration from file, environment and flags (later ones override) and validates it as a whole. Never rejects. */
export async function loadConfig(dependencies: ConfigDependencies, sources: ConfigSources): Promise<LoadedConfig> {
  const settings = listSettings();
  const read = await readSource(dependencies, sources, settings);
  const layers: Layers = { values: read.values, origins: new Map() };
  const fromEnvironment = applyEnvironment(layers, settings, sources.env);
  const fromFlags = applyFlags(layers, settings, sources.flags, sources.otherFlags);
  const checked = configSchema.safeParse(layers.values);
  const { warnings } = fromEnvironment;
  const problems = [
    ...read.problems,
    ...fromEnvironment.problems,
    ...fromFlags,
    ...(checked.success ? [] : schemaProblems(checked.error, settings, layers, read)),
  ];
  if (!checked.success || problems.length > 0)
    return { ok: false, problems, warnings, readable: readablePart(layers.values), usage: fromFlags.length > 0 };
  return { ok: true, config: checked.data, file: read.file, warnings };
}

function readablePart(values: Record<string, unknown>): Config {
  const valid = Object.entries(values).filter(([key, value]) => configSchema.safeParse({ [key]: value }).success);
  const together = configSchema.safeParse(Object.fromEntries(valid));
  return together.success ? together.data : configSchema.parse({});
}

interface FileSource {
  /** Null: no file was read. */
  readonly file: string | null;
  readonly values: Record<string, unknown>;
  readonly problems: readonly Problem[];
  lineOf(path: readonly (string | number)[]): number;
}

async function readSource(
  { readFile }: ConfigDependencies,
  { file, env }: ConfigSources,
  settings: readonly Setting[],
): Promise<FileSource> {
  const named = file ?? (env[FILE_VARIABLE] || undefined);
  const path = named ?? DEFAULT_CONFIG_FILE;
  try {
    return await parseFile(path, await readFile(path), settings);
  } catch (error) {
    const { code = 'unknown error' } = error as { readonly code?: string };
    if (code === 'ENOENT' && named === undefined) return withProblems(null, []);
    const fault = UNREADABLE[code] ?? { what: `cannot be read (${code})`, hint: 'correct the path or create the file' };
    return withProblems(path, [{ subject: path, ...fault }]);
  }
}

const UNREADABLE: Readonly<Record<string, Omit<Problem, 'subject'>>> = {
  ENOENT: { what: 'does not exist', hint: 'correct the path or create the file' },
  EACCES: { what: 'cannot be read (EACCES)', hint: 'make the file readable for the agent' },
  // Docker creates a directory in place of a file that is mounted and missing.
  EISDIR: { what: 'is a directory', hint: 'replace it by a file' },
  ELOOP: { what: 'is a symbolic link that leads back to itself', hint: 'replace it by a file' },
};

async function parseFile(path: string, text: string, settings: readonly Setting[]): Promise<FileSource> {
  // Loaded only when needed: most commands have no file to read.
  const { readYaml } = await import('../../system/yaml/index.ts');
  const [document, second] = readYaml(text.replace(/^\uFEFF/, ''));
  if (!document) return withProblems(path, []);
  if (second) {
    const subject = `${path}:${lineOfDocument(second)}`;
    return withProblems(path, [
      { subject, what: 'starts a second YAML document', hint: 'keep one document in the file' },
    ]);
  }
  if (!document.ok) {
    return withProblems(
      path,
      document.faults.map(({ line, what, hint }) => ({ subject: `${path}:${line}`, what, hint })),
    );
  }
  const { value, lineOf } = document;
  if (value === null) return withProblems(path, []);
  if (typeof value !== 'object' || Array.isArray(value)) {
    const hint = 'write settings such as `environment: default`';
    return withProblems(path, [{ subject: `${path}:1`, what: 'is not a map of keys and values', hint }]);
  }
  return { file: path, values: withoutEmpty(value, settings, []), problems: [], lineOf };
}

function lineOfDocument(document: YamlDocument): number {
  return document.ok ? document.lineOf([]) : document.line;
}

/** A copy, because the other layers are written over it. A key or section without a value is left out. */
function withoutEmpty(values: unknown, settings: readonly Setting[], path: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values as object).flatMap(([key, value]): [string, unknown][] => {
      const within = [...path, key];
      if (value === null) return keysAt(settings, path).includes(key) ? [] : [[key, value]];
      const isSection = keysAt(settings, within).length > 0 && typeof value === 'object' && !Array.isArray(value);
      return [[key, isSection ? withoutEmpty(value, settings, within) : value]];
    }),
  );
}

function withProblems(file: string | null, problems: readonly Problem[]): FileSource {
  return { file, values: {}, problems, lineOf: () => 1 };
}

function schemaProblems(
  error: Parameters<typeof schemaFaults>[0],
  settings: readonly Setting[],
  { origins }: Layers,
  read: FileSource,
): readonly Problem[] {
  return schemaFaults(error, (path) => keysAt(settings, path)).map(({ path, what, hint }) => {
    const key = path.join('.');
    const origin = [...origins].find(([set]) => key === set || key.startsWith(`${set}.`))?.[1];
    const place = read.file ? `${read.file}:${read.lineOf(path)} ${key}` : `setting ${key}`;
    return { subject: origin ?? place, what, hint };
  });
}
