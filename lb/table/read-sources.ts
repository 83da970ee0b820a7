import { type DraftMap, draftMap } from '../../model/index.ts';
import { type DependencyKey, findService, type HostView, nameKey, serviceKeyOf } from '../../view/index.ts';
import { hasSameRules, type Relations, type Source, sourceOf, standaloneSource } from './source.ts';
import { standaloneContainers } from './targets.ts';

/** By `differences`. */
export type Changed = 'everything' | ReadonlySet<DependencyKey>;

export function has(changed: Changed, key: DependencyKey): boolean {
  return changed === 'everything' || changed.has(key);
}

/** By key. */
type Sources = ReadonlyMap<string, Source>;

/** The sources of a view, and whether they make the same rules as those before. */
export function readSources(
  before: { readonly sources: Sources; readonly relations: Relations } | null,
  view: HostView,
  changed: Changed,
): { readonly sources: Sources; readonly isSame: boolean } {
  if (!before || changed === 'everything') return { sources: allSources(view), isSame: false };
  const sources = draftMap(before.sources);
  let isSame = true;
  for (const dependency of changed) {
    const read = readChanged(view, dependency);
    if (!read) continue;
    isSame &&= hasSameRules(sources.get(read.key) ?? null, read.source, before.relations);
    put(sources, read);
  }
  return { sources: sources.result(), isSame };
}

interface Read {
  readonly key: string;
  /** Null: there is none. */
  readonly source: Source | null;
}

function put(sources: DraftMap<Source>, { key, source }: Read): void {
  if (source) sources.set(key, source);
  else sources.delete(key);
}

const SERVICE = serviceKeyOf('');
const NAME = nameKey('');

/** The source of a service or a name that changed. Null: the change is of another kind. */
function readChanged(view: HostView, dependency: DependencyKey): Read | null {
  if (dependency.startsWith(SERVICE)) {
    const key = dependency.slice(SERVICE.length);
    const service = findService(view, key);
    return { key, source: service && sourceOf(service) };
  }
  if (!dependency.startsWith(NAME)) return null;
  const name = dependency.slice(NAME.length);
  return { key: name, source: standaloneSource(name, standaloneContainers(view, name)) };
}

function allSources(view: HostView): Sources {
  const services = [...view.stacks.values()].flatMap((stack) => [...stack.services.values()]);
  const sources = new Map(services.map((service) => [service.key, sourceOf(service)] as const));
  for (const name of standaloneNames(view)) {
    const source = standaloneSource(name, standaloneContainers(view, name));
    if (source) sources.set(name, source);
  }
  return sources;
}

function standaloneNames({ snapshot }: HostView): ReadonlySet<string> {
  const containers = [...snapshot.hosts.values()].flatMap((host) => [...host.containers.values()]);
  return new Set(containers.flatMap(({ service, name }) => (service === null ? [name.toLowerCase()] : [])));
}
