import { KERNEL_INTERVAL_MS, type Step } from '../../linux/index.ts';
import { type Component, keepIdentical } from '../../reconcile/index.ts';
import type { HostView } from '../../view/index.ts';
import type { DesiredRouting, OwnNetwork, Peer } from './desired-routing.ts';
import type { ManagedRouting, ObservedRouting } from './managed-routing.ts';

export interface RoutingSources {
  /** This host's part of the managed network; null: there is none yet. */
  readonly network: () => OwnNetwork | null;
  /** All ranges of the environment, canonical CIDRs; the identical list while nothing changed. */
  readonly ranges: () => readonly string[];
  /** How to reach the other hosts; null: not known yet. The identical list while nothing changed. */
  readonly peers: (view: HostView) => readonly Peer[] | null;
}

/** Routes and rules for the subnets of all other hosts. */
export function managedRoutingComponent(
  { applier, deletionLimit }: Pick<ManagedRouting, 'applier' | 'deletionLimit'>,
  { network, ranges, peers }: RoutingSources,
): Component<HostView, DesiredRouting, ObservedRouting, Step> {
  const routing = keepIdentical(desiredRouting);
  return {
    name: 'managed-routing',
    applier,
    intervalMs: KERNEL_INTERVAL_MS,
    followed: true,
    deletionLimit,
    desired: (view) => {
      const own = network();
      const found = peers(view);
      return own && found && routing(own, ranges(), found);
    },
  };
}

/** Pure. */
function desiredRouting(own: OwnNetwork, ranges: readonly string[], peers: readonly Peer[]): DesiredRouting {
  return { ranges, own: { subnet: own.subnet, gateway: own.gateway, device: own.device }, peers };
}
