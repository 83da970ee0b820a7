import { readerOf } from './keys.ts';
import { isMap, type ServicePart } from './layout.ts';

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

/** `dns` in plain Compose is the container's list of resolvers; only native keys and `x-drover` mean Drover's option. */
export function isUsed({ key, value, part, path }: Entry): boolean {
  if (readerOf(key) !== 'drover') return false;
  return key !== 'dns' || part.form === 'drover' || path.length > 1 || isMap(value);
}
