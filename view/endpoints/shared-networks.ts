import type { Container, ContainerAddress, HostState } from '../../model/index.ts';
import type { HostView } from '../host-view/host-view.ts';
import { networkOwner } from './network-owner.ts';

/** Which addresses one asker can reach. Docker isolates the networks of a host from each other. */
export interface Reachability {
  /** Whether the asker and the address are on one network. */
  shares(home: HostState, at: ContainerAddress): boolean;
  /** Whether packets of the asker arrive at the address. */
  reaches(home: HostState, at: ContainerAddress): boolean;
}

/**
 * Any other client: the host itself, clients from outside, containers whose networks are not known. This host reaches all its own
 * networks, and the managed network of all hosts.
 */
const ANYBODY: Reachability = { shares: () => false, reaches: () => true };

export function reachabilityOf(view: HostView, asker: Container | null): Reachability {
  const owner = asker && asker.hostId === view.hostId ? networkOwner(view, asker) : null;
  if (owner?.networkMode !== 'bridge' || owner.addresses.length === 0) return ANYBODY;
  const own = view.snapshot.hosts.get(view.hostId);
  const onManaged = owner.addresses.some(({ networkId }) => isManaged(own, networkId));
  const shares = (home: HostState, { networkId }: ContainerAddress): boolean => {
    if (home !== own && isManaged(home, networkId)) return onManaged;
    return owner.addresses.some((other) => other.networkId === networkId);
  };
  return { shares, reaches: own?.host?.routedBridges ? ANYBODY.reaches : shares };
}

/** Everything that the reachability of an asker depends on, as text: askers with equal texts reach the same addresses. */
export function networksText(view: HostView, asker: Container): string {
  const own = view.snapshot.hosts.get(view.hostId);
  const ids = (networkOwner(view, asker)?.addresses ?? []).map(({ networkId: id }) =>
    isManaged(own, id) ? `${id}!` : id,
  );
  return [...ids.sort(), own?.host?.routedBridges ? 'routed' : ''].join(' ');
}

/**
 * Whether an asker reaches all addresses on the managed network. Such askers get the same answers for endpoints that have no other
 * address. True for other clients (null).
 */
export function reachesManaged(view: HostView, asker: Container | null): boolean {
  const own = view.snapshot.hosts.get(view.hostId);
  if (asker === null || own?.host?.routedBridges) return true;
  const ids = new Set(networkOwner(view, asker)?.addresses.map(({ networkId }) => networkId));
  const managed = managedNetworks(own);
  return managed.length > 0 && managed.every(({ id }) => ids.has(id));
}

/** Whether all askers for whom `reachesManaged` holds reach the only address of a container of this host. */
export function isOnManagedAlone(own: HostState, { addresses }: Container): boolean {
  const [at] = addresses;
  return at !== undefined && addresses.length === 1 && isManaged(own, at.networkId);
}

/** Whether all hosts reach a container, at an address on the managed network. */
export function isOnManaged(home: HostState, { addresses }: Container): boolean {
  return addresses.some((at) => (at.ipv4 ?? at.ipv6) !== null && isManaged(home, at.networkId));
}

/** What to do about a client and an endpoint without a common network. */
export function noSharedNetwork(view: HostView): string {
  const [managed] = managedNetworks(view.snapshot.hosts.get(view.hostId));
  return `no shared network; attach both to \`${managed?.name ?? DEFAULT_NAME}\``;
}

const DEFAULT_NAME = 'drover';

function managedNetworks(state: HostState | undefined) {
  return [...(state?.networks.values() ?? [])].filter(({ kind }) => kind === 'managed');
}

function isManaged(state: HostState | undefined, networkId: string): boolean {
  return state?.networks.get(networkId)?.kind === 'managed';
}
