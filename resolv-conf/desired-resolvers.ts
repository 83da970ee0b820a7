import type { Container } from '../model/index.ts';
import { type HostView, searchDomains } from '../view/index.ts';
import type { Reach } from './reach.ts';

/** A container of this host and the search domains that its names are looked up in. */
export interface ContainerResolver {
  readonly container: Container;
  /** Most important first. */
  readonly search: readonly string[];
  /** Whether they come before or after the search domains that the file already has. */
  readonly position: 'first' | 'last';
  /** Whether the container reaches Drover. */
  readonly reach: Reach;
}

/** Returns the previous list, or the previous element, where nothing changed. */
export function desiredResolvers(
  view: HostView,
  previous: readonly ContainerResolver[] | null = null,
  reachOf: (container: Container) => Reach = () => 'yes',
): readonly ContainerResolver[] {
  const known = new Map((previous ?? []).map((resolver) => [resolver.container.id, resolver]));
  const containers = view.snapshot.hosts.get(view.hostId)?.containers.values() ?? [];
  const resolvers = [...containers].map((container) => {
    const { domains: search, position } = searchDomains(view, container);
    const resolver = { container, search, position, reach: reachOf(container) };
    const before = known.get(container.id);
    return before !== undefined && isSame(before, resolver) ? before : resolver;
  });
  const isUnchanged =
    previous?.length === resolvers.length && resolvers.every((resolver, index) => resolver === previous[index]);
  return isUnchanged ? previous : resolvers;
}

function isSame(a: ContainerResolver, b: ContainerResolver): boolean {
  const isSameFile = a.position === b.position && a.search.join(' ') === b.search.join(' ');
  return a.container === b.container && a.reach === b.reach && isSameFile;
}
