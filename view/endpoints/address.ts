import { isIP } from 'node:net';
import {
  type Container,
  type ContainerAddress,
  compareText,
  type HostState,
  type PublishedPort,
} from '../../model/index.ts';
import { ASKER, containerKey, hostKey } from '../host-view/dependency-key.ts';
import type { DependencyRecorder } from '../host-view/dependency-recorder.ts';
import type { HostView } from '../host-view/host-view.ts';

/** Where this host's askers reach a container. */
export interface Reach {
  readonly ok: true;
  /** IPv4 where it has one, else IPv6. */
  readonly address: string;
  /** Of either family the first one that can be reached; `address` is among them. */
  readonly addresses: readonly string[];
  /**
   * `managed`: Drover's network, the same from every host. `host`: it uses its host's stack. `bridge`: a Docker network of
   * this host. `published`: a port of its host leads to it.
   */
  readonly via: 'managed' | 'host' | 'bridge' | 'published';
  /** Name of the network, null for `host` and `published`. */
  readonly network: string | null;
  /** For `published` the ports of its host that lead to it, else empty: every port of the container is its own. */
  readonly ports: readonly PublishedPort[];
}

/** Not reachable from here, and why, for people. */
export interface Unreachable {
  readonly ok: false;
  readonly reason: string;
}

/**
 * The one address of a container for askers on this host: on a network it shares with the asker (Docker keeps its bridges
 * apart), and there as elsewhere on the one its operator prefers, else the managed one, else (same host only) a bridge,
 * first by name; from another host at last a published port. Without an asker: for anybody.
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
  if (!home || !owner) return unreachable('the container whose network it shares is gone');
  if (owner.networkMode === 'host') return hostAddress(home);
  if (owner.networkMode === 'none') return unreachable('it has no network (network_mode: none)');
  const choice = {
    preferred: container.preferredNetwork ?? owner.preferredNetwork,
    // Among addresses of one network there is nothing to choose.
    shared: asker?.hostId === container.hostId && owner.addresses.length > 1 ? networksOf(view, asker) : NO_NETWORKS,
  };
  const addresses = rankedAddresses(home, owner, choice);
  const here = container.hostId === view.hostId;
  if (here && owner.addresses.length > 1) recorder?.depends(ASKER);
  const [first, ...others] = here ? addresses : addresses.filter(({ kind }) => kind === 'managed');
  if (first) {
    const certain = others.filter(({ rank, kind }) => asker === null || rank < NOT_SHARED || kind === 'managed');
    return { ok: true, ...first.reach, addresses: bothFamilies(first, certain) };
  }
  if (here) return unreachable(`it has no address on any network (${container.state})`);
  return publishedAddress(home, owner) ?? unreachable(invisible(home, addresses));
}

/**
 * The first address, and the first of the other family: on the same network, on one that is shared too or on the managed one.
 * On another bridge than the asker's it could not be reached, which is worse than none.
 */
function bothFamilies(first: RankedAddress, others: readonly RankedAddress[]): readonly string[] {
  const { addresses } = first.reach;
  if (addresses.length > 1 || others.length === 0) return addresses;
  const ipv4 = first.ipv4 ?? others.find((other) => other.ipv4 !== null)?.ipv4;
  const ipv6 = first.ipv6 ?? others.find((other) => other.ipv6 !== null)?.ipv6;
  return [ipv4, ipv6].filter((address) => address !== undefined && address !== null);
}

/** The container whose network namespace it uses: itself, or the end of `network_mode: container:...`. Null when it is gone. */
export function networkOwner(view: HostView, container: Container, recorder?: DependencyRecorder): Container | null {
  const siblings = view.snapshot.hosts.get(container.hostId)?.containers;
  let owner: Container | undefined = container;
  for (let hop = 0; hop < MAX_HOPS && owner?.networkMode === 'container'; hop += 1) {
    recorder?.depends(containerKey(owner.networkFrom ?? ''));
    owner = siblings?.get(owner.networkFrom ?? '');
  }
  return owner && owner.networkMode !== 'container' ? owner : null;
}

/** More than one hop is not possible in Docker; a circle is only possible in bad data. */
const MAX_HOPS = 4;

interface Choice {
  readonly preferred: string | null;
  /** Ids of the networks the asker is on too. */
  readonly shared: ReadonlySet<string>;
}

const NO_NETWORKS: ReadonlySet<string> = new Set();

function networksOf(view: HostView, asker: Container): ReadonlySet<string> {
  return new Set(networkOwner(view, asker)?.addresses.map(({ networkId }) => networkId));
}

interface RankedAddress {
  readonly kind: 'managed' | 'bridge';
  readonly rank: number;
  readonly ipv4: string | null;
  readonly ipv6: string | null;
  readonly reach: Omit<Reach, 'ok'>;
}

function rankedAddresses(home: HostState, owner: Container, choice: Choice): readonly RankedAddress[] {
  const ranked = owner.addresses.flatMap((address) => rankedAddress(home, address, choice) ?? []);
  if (ranked.length < 2) return ranked;
  return ranked.sort((a, b) => a.rank - b.rank || compareText(a.reach.network ?? '', b.reach.network ?? ''));
}

/** Behind every network that is shared. */
const NOT_SHARED = 10;

/** Shared, and in each half: preferred, managed, bridge, internal bridge, what plugins bring. A network not yet known counts as a bridge. */
function rankedAddress(home: HostState, at: ContainerAddress, { preferred, shared }: Choice): RankedAddress | null {
  const ipv4 = at.ipv4 || null;
  const ipv6 = at.ipv6 || null;
  const address = ipv4 ?? ipv6;
  if (address === null) return null;
  const addresses = ipv4 !== null && ipv6 !== null ? [ipv4, ipv6] : [address];
  const network = home.networks.get(at.networkId);
  const kind = network?.kind === 'managed' ? 'managed' : 'bridge';
  const usual = kind === 'managed' ? 1 : network?.kind === 'other' ? 4 : network?.internal ? 3 : 2;
  const rank = (shared.has(at.networkId) ? 0 : NOT_SHARED) + (at.networkName === preferred ? 0 : usual);
  const reach = { address, addresses, via: kind, network: at.networkName, ports: [] } as const;
  return { kind, rank, ipv4, ipv6, reach };
}

function hostAddress({ host }: HostState): Reach | Unreachable {
  if (!host?.address) return unreachable('it uses the network of its host, whose address is not known yet');
  return { ok: true, address: host.address, addresses: [host.address], via: 'host', network: null, ports: [] };
}

/** Ports bound to all addresses lead there from the host's own; else the first address that ports are bound to. */
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

function invisible({ host }: HostState, addresses: readonly RankedAddress[]): string {
  const where = host?.name ?? 'its host';
  const [first] = addresses;
  if (!first) return `it has no address on any network of ${where}`;
  return `only ${where} reaches its network ${first.reach.network}, and it publishes no port; attach it to the managed network`;
}

function unreachable(reason: string): Unreachable {
  return { ok: false, reason };
}
