import type { Container, Network, Problem } from '../../model/index.ts';
import type { HostView } from '../../view/index.ts';

/**
 * Containers of this host that use Docker's own resolver: it answers the names of services on their networks itself, with
 * all containers, ready or not, and does not query Drover. `lacking` are the ids of these containers. Pure.
 */
export function findShadowedNames({ snapshot, hostId }: HostView, lacking: ReadonlySet<string>): readonly Problem[] {
  const own = snapshot.hosts.get(hostId);
  if (!own) return [];
  const containers = [...own.containers.values()];
  return containers
    .filter(({ id, state }) => lacking.has(id.slice(0, 12)) && (state === 'running' || state === 'starting'))
    .flatMap((container) => {
      const networks = userDefined(container, own.networks);
      const names = namesOn(
        networks,
        containers.filter((other) => other !== container),
      );
      return names.length === 0 ? [] : [shadowed(container, networks, names)];
    });
}

function userDefined({ addresses }: Container, networks: ReadonlyMap<string, Network>): readonly string[] {
  const isDockersOwn = (name: string) => name === 'bridge' || name === 'host' || name === 'none';
  return addresses
    .map(({ networkId, networkName }) => networks.get(networkId)?.name ?? networkName)
    .filter((name) => !isDockersOwn(name));
}

/** `web.shop` for every service with a container on one of these networks. */
function namesOn(networks: readonly string[], others: readonly Container[]): readonly string[] {
  const there = others.filter(({ addresses }) => addresses.some(({ networkName }) => networks.includes(networkName)));
  const names = there.flatMap(({ service, stack }) => (service && stack ? [`${service}.${stack}`.toLowerCase()] : []));
  return [...new Set(names)].sort();
}

function shadowed({ id, name }: Container, networks: readonly string[], names: readonly string[]): Problem {
  const short = names.map((full) => full.split('.')[0]).join(', ');
  return {
    subject: `container ${id.slice(0, 12)} ${name}`,
    what: `gets ${short} on network ${networks.join(', ')} from Docker's own resolver, which also answers containers that are not ready`,
    hint: `use ${names.join(', ')} instead, or restart the container so that it gets Drover's resolver`,
  };
}
