import type { Component } from '../../reconcile/index.ts';
import type { HostView } from '../../view/index.ts';
import type { ManagedNetworkApplier } from './managed-network.ts';
import type { DesiredNetwork, NetworkChange, ObservedNetwork } from './plan.ts';

export interface ManagedNetworkSources {
  /** Whether Docker answers. */
  readonly isConnected: () => boolean;
  /** Whether this host has its network. */
  readonly isFound: () => boolean;
}

const INTERVAL_MS = 30_000;
/** Before the network exists: whatever prevents it may end at any time. */
const MISSING_INTERVAL_MS = 1_000;
const RETRY = { minMs: 200, maxMs: 2_000 };

/** The managed network on this host. A stopped Docker is reported once, by the Docker source. */
export function managedNetworkComponent(
  applier: ManagedNetworkApplier,
  /** Null: not known yet. The identical value while nothing changed. */
  settings: () => DesiredNetwork | null,
  { isConnected, isFound }: ManagedNetworkSources,
): Component<HostView, DesiredNetwork, ObservedNetwork, NetworkChange> {
  return {
    name: 'managed network',
    applier,
    retry: RETRY,
    intervalMs: () => (isFound() ? INTERVAL_MS : MISSING_INTERVAL_MS),
    desired: () => (isConnected() ? settings() : null),
  };
}
