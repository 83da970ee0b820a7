import { readerOf } from './keys.ts';
import type { ServicePart } from './layout.ts';
import { isMap } from './values.ts';

/** A key's value and its place. */
export interface Entry {
  readonly key: string;
  readonly value: unknown;
  readonly part: ServicePart;
  /** Path of `value` below the service: `['x-drover', 'dns']`. */
  readonly path: readonly string[];
}

/** The keys of a part, and those of its `x-drover` after them. */
export function entriesOf(part: ServicePart): readonly Entry[] {
  if (!isMap(part.keys)) return [];
  const own = Object.entries(part.keys).flatMap(([key, value]) =>
    key === 'x-drover' ? [] : [{ key, value, part, path: [key] }],
  );
  const drover = part.keys['x-drover'];
  if (drover === undefined || drover === null) return own;
  if (!isMap(drover)) return [...own, { key: 'x-drover', value: drover, part, path: ['x-drover'] }];
  const ours = Object.entries(drover).map(([key, value]) => ({ key, value, part, path: ['x-drover', key] }));
  return [...own, ...ours];
}

/**
 * Whether Drover reads the key. In plain Compose `dns` is the container's list of resolvers, and `hostname` its host name; only
 * native keys, `x-drover` and rancher-compose.yml mean Drover's options.
 */
export function isUsed({ key, value, part, path }: Entry): boolean {
  if (readerOf(key) !== 'drover') return false;
  const isOwn = part.form === 'drover' || path.length > 1;
  if (key === 'dns') return isOwn || isMap(value);
  return key !== 'hostname' || isOwn || part.hostnameIsExternal || isExternal(part.keys);
}

/** Whether a service in a Compose file is an external one by its other keys. */
function isExternal(keys: unknown): boolean {
  if (!isMap(keys)) return false;
  return keys.kind === 'externalService' || keys.image === 'rancher/external-service' || 'external_ips' in keys;
}
