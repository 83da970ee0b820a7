import { nearestWord, type Problem } from '../../model/index.ts';
import type { Setting } from './settings.ts';

/** Values by their place in the file, and the origin of each. */
export interface Layers {
  readonly values: Record<string, unknown>;
  /** `bus.driver` -> `environment variable DROVER_BUS_DRIVER`; values of the file have no origin here. */
  readonly origins: Map<string, string>;
}

type Converted = { readonly value: unknown } | { readonly what: string; readonly hint: string };

/** Gives the path of the configuration file; it is not a setting. */
export const FILE_VARIABLE = 'DROVER_CONFIG';

/** Writes the settings of the environment over `layers`. An unknown `DROVER_*` variable is a warning, because it is likely a typing error. */
export function applyEnvironment(
  layers: Layers,
  settings: readonly Setting[],
  env: Readonly<Record<string, string | undefined>>,
): { readonly problems: readonly Problem[]; readonly warnings: readonly Problem[] } {
  const byVariable = new Map(settings.map((setting) => [setting.variable, setting]));
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  for (const [name, text] of Object.entries(env)) {
    if (text === undefined || !name.startsWith('DROVER_') || name === FILE_VARIABLE) continue;
    const subject = `environment variable ${name}`;
    const setting = byVariable.get(name);
    if (setting) problems.push(...setFromText(layers, setting, text, subject));
    else warnings.push({ subject, what: 'is not a setting', hint: suggestion(name, byVariable.keys()) });
  }
  return { problems, warnings };
}

/** Writes flags over `layers`: by flag (`--bus-driver`, `bus-driver`) or as an argument parser names it (`busDriver`). */
export function applyFlags(
  layers: Layers,
  settings: readonly Setting[],
  flags: Readonly<Record<string, string | boolean | undefined>>,
  otherFlags: readonly string[] = [],
): readonly Problem[] {
  const plain = (name: string): string => name.replaceAll('-', '').toLowerCase();
  const byFlag = new Map(settings.map((setting) => [plain(setting.flag), setting]));
  return Object.entries(flags).flatMap(([name, given]) => {
    if (given === undefined) return [];
    const setting = byFlag.get(plain(name));
    if (setting) return setFromText(layers, setting, String(given), `flag ${setting.flag}`);
    const flag = `--${name.replace(/^-+/, '')}`;
    const hint = suggestion(flag, [...otherFlags, ...settings.map((known) => known.flag)]);
    return [{ subject: `flag ${flag}`, what: 'is not known', hint }];
  });
}

function suggestion(name: string, known: Iterable<string>): string {
  const nearest = nearestWord(name, known);
  return nearest ? `did you mean ${nearest}?` : 'remove it';
}

function setFromText(layers: Layers, setting: Setting, text: string, subject: string): readonly Problem[] {
  const converted = convert(setting, text.trim());
  if ('what' in converted) return [{ subject, ...converted }];
  const parent = mapAt(layers.values, setting.path.slice(0, -1));
  if (parent === null) return [];
  parent[setting.path.at(-1) ?? ''] = converted.value;
  layers.origins.set(setting.key, subject);
  return [];
}

/** The map that contains the value; null if the file has something else there, which the schema reports. */
function mapAt(values: Record<string, unknown>, path: readonly string[]): Record<string, unknown> | null {
  let at = values;
  for (const part of path) {
    at[part] ??= {};
    const next = at[part];
    if (typeof next !== 'object' || Array.isArray(next)) return null;
    at = next as Record<string, unknown>;
  }
  return at;
}

/** An empty text resets a setting to its default, because an environment has no other way to unset it. */
function convert({ type, default: fallback }: Setting, text: string): Converted {
  if (text === '' && type !== 'list' && type !== 'map') return { value: fallback };
  switch (type) {
    case 'number':
      return /^-?\d+(\.\d+)?$/.test(text)
        ? { value: Number(text) }
        : { what: 'is not a number', hint: 'write a number' };
    case 'boolean':
      return toBoolean(text);
    case 'list':
      return { value: itemsOf(text) };
    case 'map':
      return toMap(text);
    case 'text':
      return { value: text };
  }
}

function toBoolean(text: string): Converted {
  if (/^(true|yes|on|1)$/i.test(text)) return { value: true };
  if (/^(false|no|off|0)$/i.test(text)) return { value: false };
  return { what: 'is not true or false', hint: 'write true or false' };
}

function toMap(text: string): Converted {
  const entries = itemsOf(text).map((item) => [item, item.indexOf('=')] as const);
  const bad = entries.find(([, cut]) => cut < 1);
  if (bad) return { what: `has an item without a key (${bad[0]})`, hint: 'write it like key=value,key=value' };
  return { value: Object.fromEntries(entries.map(([item, cut]) => [item.slice(0, cut), item.slice(cut + 1)])) };
}

function itemsOf(text: string): readonly string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
