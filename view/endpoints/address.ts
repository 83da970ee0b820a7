import { isIP } from 'node:net';
import {
  type Container,
  type ContainerAddress,
  compareText,
  type HostState,
  type PublishedPort,
} from '../../model/index.ts';
import { ASKER, hostKey } from '../host-view/dependency-key.ts';
import type { DependencyRecorder } from '../host-view/dependency-recorder.ts';
import type { HostView } from '../host-view/host-view.ts';
import { networkOwner } from './network-owner.ts';
import { isOnManagedAlone, noSharedNetwork, type Reachability, reachabilityOf } from './shared-networks.ts';

/** The address at which askers on this host reach a container. */
export interface Reach {
  readonly ok: true;
  /** IPv4 if it has one, else IPv6. */
  readonly address: string;
  /** The first reachable address of each family; `address` is among them. */
  readonly addresses: readonly string[];
  /**
   * `managed`: Drover's network, the same from every host. `host`: it uses its host's stack. `bridge`: a Docker network of
   * this host, or a Swarm network of both. `published`: through a published port of its host.
   */
  readonly via: 'managed' | 'host' | 'bridge' | 'published';
  /** Name of the network, null for `host` and `published`. */
  readonly network: string | null;
  /** For `published`, the ports of its host that lead to it. Otherwise empty: the container's own ports are reachable. */
  readonly ports: readonly PublishedPort[];
}

/** Not reachable from this host, and the reason for operators. */
export interface Unreachable {
  readonly ok: false;
  readonly reason: string;
}

/**
 * The address of a container for askers on this host. An asker whose networks are known gets addresses on networks that it shares:
 * Docker isolates its bridges from each other. `Host.routedBridges` lifts that. In each group, the network that the operator prefers
 * comes first, then the managed one, then (same host only) bridges by name. From another host, a published port is the last choice.
 * Without an asker: for all other clients.
 */
export function containerAddress(
  view: HostView,
  container: Container,
  asker: Container | null = null,
  recorder?: DependencyRecorder,
): Reach | Unreachable {
  const home = view.snapshot.hosts.get(container.hostId);
  recorder?.depends(hostKey(container.hostId));
  const owner = networkOwner(view, container, recorder);
  if (!home || !owner) return unreachable('the container whose network it shares does not exist');
  if (owner.networkMode === 'host') return hostAddress(home);
  if (owner.networkMode === 'none') return unreachable('it has no network (network_mode: none)');
  const here = container.hostId === view.hostId;
  if (recorder && dependsOnAsker(home, owner, here)) recorder.depends(ASKER);
  const preferred = container.preferredNetwork ?? owner.preferredNetwork;
  const all = rankedAddresses(home, owner, { preferred, reachability: reachabilityOf(view, asker), here });
  const [first, ...others] = all.filter(({ isReached }) => isReached);
  if (first) {
    const certain = others.filter(({ isShared, kind }) => asker === null || isShared || kind === 'managed');
    return { ok: true, ...first.reach, addresses: bothFamilies(first, certain) };
  }
  if (here && all.length === 0) return unreachable(`it has no address on any network (${container.state})`);
  if (here) return unreachable(noSharedNetwork(view));
  return publishedAddress(home, owner) ?? unreachable(invisible(view, home, all));
}

/** Whether the askers that share answers (`reachesManaged`) may get different ones. */
function dependsOnAsker(home: HostState, owner: Container, here: boolean): boolean {
  if (owner.addresses.length === 0) return false;
  if (here) return !isOnManagedAlone(home, owner);
  return owner.addresses.some(({ networkId }) => home.networks.get(networkId)?.kind === 'other');
}

/**
 * The first address, and the first of the other family on the same network, on a shared one or on the managed one. An address on
 * another bridge than the asker's would not be reachable, which is worse than none.
 */
function bothFamilies(first: RankedAddress, others: readonly RankedAddress[]): readonly string[] {
  const { addresses } = first.reach;
  if (addresses.length > 1 || others.length === 0) return addresses;
  const ipv4 = first.ipv4 ?? others.find((other) => other.ipv4 !== null)?.ipv4;
  const ipv6 = first.ipv6 ?? others.find((other) => other.ipv6 !== null)?.ipv6;
  return [ipv4, ipv6].filter((address) => address !== undefined && address !== null);
}

interface Choice {
  readonly preferred: string | null;
  readonly reachability: Reachability;
  /** Whether the container runs on this host. */
  readonly here: boolean;
}

interface RankedAddress {
  readonly kind: 'managed' | 'bridge';
  readonly rank: number;
  readonly isShared: boolean;
  readonly isReached: boolean;
  readonly ipv4: string | null;
  readonly ipv6: string | null;
  readonly reach: Omit<Reach, 'ok'>;
}

function rankedAddresses(home: HostState, owner: Container, choice: Choice): readonly RankedAddress[] {
  const ranked = owner.addresses.flatMap((address) => rankedAddress(home, address, choice) ?? []);
  if (ranked.length < 2) return ranked;
  return ranked.sort((a, b) => a.rank - b.rank || compareText(a.reach.network ?? '', b.reach.network ?? ''));
}

/** Added to the rank of networks that are not shared. */
const NOT_SHARED = 10;

/** Docker's name of the bridge through which containers on overlay networks leave their host. It isolates them from each other. */
const GATEWAY_NETWORK = 'docker_gwbridge';

/** Shared networks first; in each group: preferred, managed, bridge, internal bridge, others. An unknown network counts as a bridge. */
function rankedAddress(
  home: HostState,
  at: ContainerAddress,
  { preferred, reachability, here }: Choice,
): RankedAddress | null {
  const ipv4 = at.ipv4 || null;
  const ipv6 = at.ipv6 || null;
  const address = ipv4 ?? ipv6;
  if (address === null || at.networkName === GATEWAY_NETWORK) return null;
  const addresses = ipv4 !== null && ipv6 !== null ? [ipv4, ipv6] : [address];
  const network = home.networks.get(at.networkId);
  const kind = network?.kind === 'managed' ? 'managed' : 'bridge';
  // Bridges of two hosts are never one network, even with the same id: a copied disk has copied ids.
  const spans = here || kind === 'managed' || network?.kind === 'other';
  const isShared = spans && reachability.shares(home, at);
  const isReached = isShared || ((here || kind === 'managed') && reachability.reaches(home, at));
  const usual = kind === 'managed' ? 1 : network?.kind === 'other' ? 4 : network?.internal ? 3 : 2;
  const rank = (isShared ? 0 : NOT_SHARED) + (at.networkName === preferred ? 0 : usual);
  const reach = { address, addresses, via: kind, network: at.networkName, ports: [] } as const;
  return { kind, rank, isShared, isReached, ipv4, ipv6, reach };
}

function hostAddress({ host }: HostState): Reach | Unreachable {
  if (!host?.address) return unreachable('it uses the network of its host, whose address is not known yet');
  return { ok: true, address: host.address, addresses: [host.address], via: 'host', network: null, ports: [] };
}

/** The host's own address if ports are bound to it or to all addresses; else the first address with bound ports. */
function publishedAddress({ host }: HostState, { ports }: Container): Reach | null {
  if (!host?.address) return null;
  const any = isIP(host.address) === 6 ? '::' : '0.0.0.0';
  const bound = (port: PublishedPort) => (port.hostAddress === any ? host.address : port.hostAddress);
  const open = ports.filter((port) => !isLoopbackOrAny(bound(port)));
  const [address] = open
    .map(bound)
    .sort((a, b) => Number(b === host.address) - Number(a === host.address) || compareText(a, b));
  if (address === undefined) return null;
  return {
    ok: true,
    address,
    addresses: [address],
    via: 'published',
    network: null,
    ports: open.filter((port) => bound(port) === address),
  };
}

function isLoopbackOrAny(address: string): boolean {
  return isIP(address) === 0 || address.startsWith('127.') || ['::1', '::', '0.0.0.0'].includes(address);
}

function invisible(view: HostView, { host }: HostState, addresses: readonly RankedAddress[]): string {
  const where = host?.name ?? 'its host';
  const [first] = addresses;
  if (!first) return `it has no address on any network of ${where}`;
  if (first.kind === 'managed') return noSharedNetwork(view);
  return `its network ${first.reach.network} is reachable from ${where} only, and it publishes no port: ${noSharedNetwork(view)}`;
}

function unreachable(reason: string): Unreachable {
  return { ok: false, reason };
}
