import type { Step } from '../../linux/index.ts';
import type { Host } from '../../model/index.ts';
import { type Component, keepIdentical } from '../../reconcile/index.ts';
import type { HostView } from '../../view/index.ts';
import type { DesiredRouting, OwnNetwork, Peer, PeerRoute } from './desired-routing.ts';
import type { ManagedRouting, ObservedRouting } from './managed-routing.ts';

export interface RoutingSources {
  /** This host's part of the managed network; null: there is none yet. */
  readonly network: () => OwnNetwork | null;
  /** All ranges of the environment, canonical CIDRs; the identical list while nothing changed. */
  readonly ranges: () => readonly string[];
  /**
   * How each other host is reached, by host id; a host that is missing gets no route. Null: all by plain routes. The identical value while
   * nothing changed.
   */
  readonly peerRoutes: () => ReadonlyMap<string, PeerRoute> | null;
}

/** Routes and rules for the subnets of all other hosts. */
export function managedRoutingComponent(
  { applier, deletionLimit }: Pick<ManagedRouting, 'applier' | 'deletionLimit'>,
  { network, ranges, peerRoutes }: RoutingSources,
): Component<HostView, DesiredRouting, ObservedRouting, Step> {
  // Most changes are of containers, and leave the fact of every host as it was.
  const routing = keepIdentical(desiredRouting);
  return {
    name: 'managed-routing',
    applier,
    deletionLimit,
    desired: ({ snapshot, hostId }) => {
      const own = network();
      const hosts = [...snapshot.hosts.values()].map(({ host }) => host);
      return own && routing(hostId, own, ranges(), peerRoutes(), ...hosts);
    },
  };
}

/** Pure. */
export function desiredRouting(
  hostId: string,
  { subnet, gateway, device }: OwnNetwork,
  ranges: readonly string[],
  peerRoutes: ReadonlyMap<string, PeerRoute> | null,
  ...hosts: readonly (Host | null)[]
): DesiredRouting {
  const peers = hosts.flatMap((host): Peer[] => {
    if (host === null || host.id === hostId || host.subnets.length === 0) return [];
    const route = peerRoutes === null ? plainRoute(host) : peerRoutes.get(host.id);
    return route ? [{ hostId: host.id, subnets: host.subnets, ...route }] : [];
  });
  return { ranges, own: { subnet, gateway, device }, peers };
}

function plainRoute({ address }: Host): PeerRoute {
  return { hop: { device: null, gateway: address }, mtu: null };
}
