import type { Container, ContainerAddress } from './container.ts';

/** What the names of a container follow from. */
type Named = Pick<Container, 'id' | 'name' | 'hostname' | 'stack' | 'service' | 'serviceIndex'>;

/** The part of a container's id that Docker gives as a name. */
export function shortId({ id }: Pick<Container, 'id'>): string {
  return id.slice(0, 12);
}

/**
 * The aliases that Docker normally gives a container on a network that a user created: its host name, and the name of its service if
 * Compose or a Swarm stack started it. Facts contain aliases only if they differ from these.
 */
export function usualAliases(container: Named): readonly string[] {
  const { hostname, service } = container;
  const aliases = [hostname, isNamedAfterService(container) ? service : null];
  return ownAliases(
    container,
    aliases.filter((alias) => alias !== null),
  );
}

/** The aliases other than the name and the short id, which every container has. */
export function ownAliases(container: Pick<Container, 'id' | 'name'>, aliases: readonly string[]): readonly string[] {
  const known = [container.name, shortId(container)];
  return [...new Set(aliases)].filter((alias) => !known.includes(alias));
}

/** All names of a container in Docker's resolver, for containers on the same network; lower case. Docker's default bridge gives none. */
export function dockerNames(container: Named, { networkName, aliases }: ContainerAddress): readonly string[] {
  if (networkName === DEFAULT_BRIDGE) return [];
  const all = aliases ?? usualAliases(container);
  const names = [container.name, shortId(container), ...all, ...swarmNames(container.name, all)];
  return [...new Set(names.map((name) => name.toLowerCase()))];
}

export const DEFAULT_BRIDGE = 'bridge';

/** `shop-web-1`, with Compose before version 2 `shop_web_1`, in a Swarm stack `shop_web.1.<task>`. */
function isNamedAfterService({ name, stack, service, serviceIndex }: Named): boolean {
  if (stack === null || service === null) return false;
  const parts = [stack, service, serviceIndex];
  return name === parts.join('-') || name === parts.join('_') || swarmService(name) === `${stack}_${service}`;
}

/** Swarm's own names: `shop_web` and, below `tasks.`, the service and its aliases. */
function swarmNames(name: string, aliases: readonly string[]): readonly string[] {
  const service = swarmService(name);
  return service === null ? [] : [service, ...[service, ...aliases].map((one) => `tasks.${one}`)];
}

/** The service of a Swarm task by the task's name: `<service>.<slot or node>.<task>`. */
function swarmService(name: string): string | null {
  return /^(.+)\.(?:\d+|[a-z0-9]{25})\.[a-z0-9]{25}$/.exec(name)?.[1] ?? null;
}
