import type { Entry } from './entries.ts';
import { isMap, mapLike, membersOf, type Values, without } from './values.ts';

/** Lists of a Compose file that later files add to. */
const ADDED: ReadonlySet<string> = new Set(['ports', 'expose', 'links', 'external_links']);

/**
 * The keys of a service. Several Compose files are merged as Compose does: lists and labels of later files are added, `x-drover` is
 * merged as a tree, other keys are replaced. `x-drover` wins over the keys beside it, and native manifests over Compose files.
 */
export function mergeEntries(entries: readonly Entry[]): Readonly<Record<string, unknown>> {
  const compose: Record<string, unknown> = {};
  const extension: Record<string, unknown> = {};
  const native: Record<string, unknown> = {};
  for (const entry of entries) {
    const { key } = entry;
    const before = (layer: Values) => entry.clears.reduce(without, layer[key]);
    if (entry.part.form === 'drover') native[key] = overlay(key, native[key], entry.value);
    else if (entry.path.length > 1) extension[key] = mergeTrees(before(extension), formOf(key, entry.value));
    else compose[key] = mergeCompose(key, before(compose), entry.value);
  }
  const merged: Record<string, unknown> = { ...compose };
  for (const layer of [extension, native]) {
    for (const [key, value] of Object.entries(layer)) merged[key] = overlay(key, merged[key], value);
  }
  return merged;
}

function mergeCompose(key: string, before: unknown, value: unknown): unknown {
  if (value === null || value === undefined) return before;
  return ADDED.has(key) ? mergeTrees(before ?? [], formOf(key, value)) : overlay(key, before, value);
}

/** The later value; labels and metadata are merged. */
function overlay(key: string, before: unknown, value: unknown): unknown {
  const later = formOf(key, value);
  const isMerged = (key === 'labels' || key === 'metadata') && isMap(before) && isMap(later);
  return isMerged ? mapLike([before, later], new Map([...membersOf(before), ...membersOf(later)])) : later;
}

/** Maps are merged, later lists are added to earlier ones without repeating elements, and other values are replaced. */
function mergeTrees(before: unknown, value: unknown): unknown {
  if (before === null || before === undefined) return value;
  if (value === null || value === undefined) return before;
  if (Array.isArray(before) && Array.isArray(value)) return unique([...before, ...value]);
  if (!isMap(before) || !isMap(value)) return value;
  const members = new Map(membersOf(before));
  for (const [key, member] of membersOf(value)) members.set(key, mergeTrees(members.get(key), member));
  return mapLike([before, value], members);
}

/** `80:80` and `80:80/tcp` are the same port. */
function unique(list: readonly unknown[]): readonly unknown[] {
  const id = (item: unknown) => (typeof item === 'string' ? item.replace(/\/tcp$/, '') : item);
  return [...new Map(list.map((item) => [id(item), item])).values()];
}

/** The form of a key in which values are merged. */
function formOf(key: string, value: unknown): unknown {
  if (key === 'labels') return labelsOf(value);
  if (!ADDED.has(key) || value === null) return value;
  if (isMap(value) && key.endsWith('links')) return linksOf(value);
  const list = Array.isArray(value) ? value : [value];
  return key === 'ports' || key === 'expose' ? list.map(portText) : list;
}

/** Docker's long form of a port, `{target: 80, published: 8080}`, as the short one. */
export function portText(value: unknown): unknown {
  if (typeof value === 'number') return String(value);
  if (!isMap(value)) return value;
  const { target, published, protocol, host_ip: hostIp } = value;
  const left = [hostIp, published].filter((part) => part !== undefined && part !== null).map((part) => `${part}:`);
  return target === undefined ? value : `${left.join('')}${target}${protocol ? `/${protocol}` : ''}`;
}

/** `{target: alias}` is written `target:alias` in a list. */
export function linksOf(value: unknown): unknown {
  if (!isMap(value)) return value;
  return Object.entries(value).map(([target, alias]) => (alias === null ? target : `${target}:${alias}`));
}

/** List (`- key=value`) and map form of labels as a map. An entry that is not text stays under its index, for the schema to refuse. */
export function labelsOf(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return Object.fromEntries(
    value.map((entry: unknown, index): [string, unknown] => {
      if (typeof entry !== 'string') return [String(index), [entry]];
      const cut = entry.indexOf('=');
      return cut < 0 ? [entry, ''] : [entry.slice(0, cut), entry.slice(cut + 1)];
    }),
  );
}
