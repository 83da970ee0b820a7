import type { YamlPath } from '../../../system/yaml/index.ts';
import { readerOf } from './keys.ts';
import type { ServicePart } from './layout.ts';
import { isRancherImage } from './rancher-files.ts';
import { CLEARING, startsWith } from './remarks.ts';
import { isMap, without } from './values.ts';

/** A key's value and its place. */
export interface Entry {
  readonly key: string;
  readonly value: unknown;
  readonly part: ServicePart;
  /** Path of `value` below the service: `['x-drover', 'dns']`. */
  readonly path: readonly string[];
  /** Paths below `value` that earlier files do not count for (`!reset`, `!override`). */
  readonly clears: readonly YamlPath[];
}

/** The keys of a part, and those of its `x-drover` after them. */
export function entriesOf(part: ServicePart): readonly Entry[] {
  if (!isMap(part.keys)) return [];
  const own = Object.entries(part.keys).flatMap(([key, value]) =>
    key === 'x-drover' ? [] : [entryAt(part, [key], value)],
  );
  const drover = part.keys['x-drover'];
  if (drover === undefined || drover === null) return own;
  if (!isMap(drover)) return [...own, entryAt(part, ['x-drover'], drover)];
  return [...own, ...Object.entries(drover).map(([key, value]) => entryAt(part, ['x-drover', key], value))];
}

function entryAt(part: ServicePart, path: readonly string[], value: unknown): Entry {
  const key = path.at(-1) ?? '';
  if (part.form === 'drover') return { key, value, part, path, clears: [] };
  const tags = part.remarks.tags.filter((one) => CLEARING.has(one.tag) && startsWith(one.path, path));
  const below = tags.map((one) => ({ tag: one.tag, path: one.path.slice(path.length) }));
  const gone = below.filter(({ tag }) => tag === '!reset').map((one) => one.path);
  return { key, value: gone.reduceRight(without, value), part, path, clears: below.map((one) => one.path) };
}

/**
 * Whether Drover reads the key. In plain Compose `dns` is the container's list of resolvers, and `hostname` its host name; only
 * native keys, `x-drover` and rancher-compose.yml mean Drover's options. `others` are all keys of the service.
 */
export function isUsed({ key, value, part, path }: Entry, others: readonly Entry[]): boolean {
  if (readerOf(key) !== 'drover') return false;
  const isOwn = part.form === 'drover' || path.length > 1;
  if (key === 'dns') return isOwn || isMap(value);
  if (key !== 'hostname' || isOwn || part.hostname === 'external' || isExternal(part.keys)) return true;
  return part.hostname === 'unclear' && !others.some(runsContainers);
}

/** Whether a service has containers because of this key. */
export function runsContainers({ key, value }: Entry): boolean {
  if (key === 'image') return !isRancherImage(value, 'external-service');
  return key === 'build' || key === 'extends' || key === 'provider';
}

/** Whether a service in a Compose file is an external one by its other keys. */
function isExternal(keys: unknown): boolean {
  if (!isMap(keys)) return false;
  return keys.kind === 'externalService' || isRancherImage(keys.image, 'external-service') || 'external_ips' in keys;
}
