import { z } from 'zod';
import { configSchema } from './schema.ts';

/** How a setting is written as text: the items of `list` and `map` are separated by commas, those of `map` are `key=value`. */
export type SettingType = 'text' | 'number' | 'boolean' | 'list' | 'map';

/** One key of the configuration and the other ways to set it. */
export interface Setting {
  readonly path: readonly string[];
  /** `bus.consul.tokenFile`, as in the file. */
  readonly key: string;
  /** `DROVER_BUS_CONSUL_TOKEN_FILE`. */
  readonly variable: string;
  /** `--bus-consul-token-file`. */
  readonly flag: string;
  readonly type: SettingType;
  /** The accepted values; null if any text is accepted. */
  readonly choices: readonly string[] | null;
  readonly minimum: number | null;
  readonly maximum: number | null;
  /** As in the file; null: not set. */
  readonly default: unknown;
  readonly meaning: string;
}

/** Every setting in the order of the schema. */
export function listSettings(): readonly Setting[] {
  return settingsBelow(z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }) as SchemaNode, []);
}

/** The keys that are allowed at a path of the file; empty for a setting. */
export function keysAt(settings: readonly Setting[], path: readonly (string | number)[]): readonly string[] {
  const within = settings.filter((setting) => path.every((part, index) => setting.path[index] === part));
  return [...new Set(within.flatMap((setting) => setting.path.slice(path.length, path.length + 1)))];
}

interface SchemaNode {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly anyOf?: readonly SchemaNode[];
  readonly allOf?: readonly SchemaNode[];
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
  readonly description?: string;
}

function settingsBelow(node: SchemaNode, path: readonly string[]): readonly Setting[] {
  if (!node.properties) return [settingOf(node, path)];
  return Object.entries(node.properties).flatMap(([key, child]) => settingsBelow(child, [...path, key]));
}

function settingOf(node: SchemaNode, path: readonly string[]): Setting {
  const words = path.map((part) => part.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)).join('-');
  return {
    path,
    key: path.join('.'),
    variable: `DROVER_${words.toUpperCase().replaceAll('-', '_')}`,
    flag: `--${words}`,
    type: typeOf(node),
    choices: find(node, 'enum') ?? null,
    minimum: find(node, 'minimum') ?? null,
    maximum: find(node, 'maximum') ?? null,
    default: node.default ?? null,
    meaning: node.description ?? '',
  };
}

const TYPES: Readonly<Record<string, SettingType>> = {
  integer: 'number',
  number: 'number',
  boolean: 'boolean',
  array: 'list',
  object: 'map',
};

function typeOf(node: SchemaNode): SettingType {
  const names = [node, ...(node.anyOf ?? [])].flatMap(({ type }) => type ?? []);
  return names.map((name) => TYPES[name]).find((type) => type !== undefined) ?? 'text';
}

function find<K extends 'enum' | 'minimum' | 'maximum'>(node: SchemaNode, key: K): SchemaNode[K] | undefined {
  return node[key] ?? node.anyOf?.find((form) => form[key] !== undefined)?.[key];
}
