import { isIPv6 } from 'node:net';
import {
  nthAddress,
  type OverlayChoice,
  parseIpv4Cidr,
  type TunnelEnd,
  type TunnelId,
  wantedTunnel,
} from '../../model/index.ts';
import type { Backend, DesiredTunnels, OwnEnd, TunnelPeer } from '../backend/backend.ts';
import type { ProbedPeer } from '../probe/peer-path.ts';
import type { OwnNetwork, Peer } from '../routing/desired-routing.ts';
import type { AcceptedPeer, AcceptedPeers } from './accept-peers.ts';
import { chooseTunnel } from './choose-tunnel.ts';

/** What is known of the path to another host. */
export interface Reach {
  /** Its address on the underlay. */
  readonly address: string;
  readonly isSilent: boolean;
  /** Largest packet that reaches its containers, as probes found out; null: not known. */
  readonly mtu: number | null;
}

/** The parts of a backend that need no effects. */
export type BackendFacts = Pick<Backend, 'name' | 'slot' | 'overheadBytes' | 'hop'>;

export interface PeersInput {
  readonly hostId: string;
  readonly choice: OverlayChoice | null;
  /** The tunnels that this host keeps ready. */
  readonly kept: readonly TunnelId[];
  /** Those whose devices are up: this host sends over them. */
  readonly ready: readonly TunnelId[];
  /** The peers that answer over a tunnel, by `tunnelKey`. */
  readonly answering: ReadonlyMap<string, ReadonlySet<string>>;
  readonly network: OwnNetwork;
  /** Address of this host, and the largest packet of its device. */
  readonly address: string;
  readonly underlayMtu: number;
  readonly backends: readonly BackendFacts[];
  readonly reach: (peer: AcceptedPeer) => Reach;
}

/** What the drivers and the routing should do. */
export interface PeersPlan {
  /** By `tunnelKey`; a driver that is not in it keeps nothing. */
  readonly tunnels: ReadonlyMap<string, DesiredTunnels>;
  readonly routes: readonly Peer[];
  /** The end of each peer to which this host sends, by host id. */
  readonly used: ReadonlyMap<string, TunnelEnd>;
  /** The paths to probe. */
  readonly probes: readonly ProbedPeer[];
}

export function tunnelKey({ backend, slot }: TunnelId): string {
  return `${backend}-${slot}`;
}

/** Absent hosts keep their tunnels. They do not probe. Pure. */
export function planPeers(
  input: PeersInput,
  { peers: living, absent }: Pick<AcceptedPeers, 'peers' | 'absent'>,
): PeersPlan {
  const { kept, ready, answering, choice } = input;
  const wanted = wantedTunnel(choice);
  const peers = [...living.values(), ...absent.values()].filter(({ subnets }) => subnets.length > 0);
  const used = new Map<string, TunnelEnd>();
  const routes: Peer[] = [];
  const probes: ProbedPeer[] = [];
  for (const peer of peers) {
    const isAnswering = wanted !== null && (answering.get(tunnelKey(wanted))?.has(peer.host.id) ?? false);
    const end = chooseTunnel(wanted, ready, peer.ends, isAnswering);
    const backend = end && input.backends.find(({ name, slot }) => name === end.backend && slot === end.slot);
    if (!end || !backend) continue;
    used.set(peer.host.id, end);
    const largest = largestPacket(input, peer, backend);
    routes.push(routeTo(input, peer, end, { backend, largest }));
    if (living.has(peer.host.id)) probes.push(...probeOf(input, peer, { backend, largest }));
  }
  const tunnels = kept.map((id): [string, DesiredTunnels] => [
    tunnelKey(id),
    { own: ownEnd(input, id), peers: peers.flatMap((peer) => tunnelTo(input, peer, id)) },
  ]);
  return { tunnels: new Map(tunnels), routes, used, probes };
}

function ownEnd({ hostId, network, address, underlayMtu, backends }: PeersInput, id: TunnelId): OwnEnd {
  const backend = backends.find(({ name, slot }) => name === id.backend && slot === id.slot);
  const overhead = backend?.overheadBytes[isIPv6(address) ? 6 : 4] ?? 0;
  return { hostId, subnet: network.subnet, gateway: network.gateway, address, mtu: underlayMtu - overhead };
}

function tunnelTo({ reach }: PeersInput, peer: AcceptedPeer, { backend, slot }: TunnelId): readonly TunnelPeer[] {
  const end = peer.ends.find((one) => one.backend === backend && one.slot === slot);
  return end ? [tunnelPeer(reach(peer), peer, end)] : [];
}

function tunnelPeer({ address, isSilent }: Reach, { host, subnets }: AcceptedPeer, end: TunnelEnd): TunnelPeer {
  return { hostId: host.id, address, port: end.port, publicKey: end.publicKey, subnets, isSilent };
}

/** A tunnel, and the largest packet that it carries to a peer if the path has no narrower part. */
interface Carrier {
  readonly backend: BackendFacts;
  readonly largest: number;
}

/** wireguard-go fills each packet up to a multiple of this, as far as the MTU of its device allows. */
const WIREGUARD_BLOCK = 16;

function largestPacket(input: PeersInput, peer: AcceptedPeer, backend: BackendFacts): number {
  const { reach, underlayMtu } = input;
  const { name, slot } = backend;
  const largest = Math.min(underlayMtu, peer.overlay?.underlayMtu ?? underlayMtu) - overheadTo(reach(peer), backend);
  const isBelowDevice = largest < ownEnd(input, { backend: name, slot }).mtu;
  return name === 'wireguard' && isBelowDevice ? largest - (largest % WIREGUARD_BLOCK) : largest;
}

function overheadTo({ address }: Reach, { overheadBytes }: BackendFacts): number {
  return overheadBytes[isIPv6(address) ? 6 : 4];
}

function routeTo(input: PeersInput, peer: AcceptedPeer, end: TunnelEnd, { largest, backend }: Carrier): Peer {
  const found = input.reach(peer);
  const mtu = Math.min(largest, found.mtu ?? largest);
  return {
    hostId: peer.host.id,
    subnets: peer.subnets,
    hop: backend.hop(tunnelPeer(found, peer, end)),
    mtu: mtu < ownEnd(input, { backend: backend.name, slot: backend.slot }).mtu ? mtu : null,
  };
}

/** A host whose agent does not report how it is reached does not probe. */
function probeOf({ reach }: PeersInput, peer: AcceptedPeer, { largest, backend }: Carrier): readonly ProbedPeer[] {
  const { host, overlay, subnets } = peer;
  const subnet = parseIpv4Cidr(subnets[0] ?? '');
  const gateway = subnet && nthAddress(subnet, 1);
  if (!gateway || overlay === null) return [];
  return [
    { hostId: host.id, gateway: gateway.text, subnets, mtu: largest, overheadBytes: overheadTo(reach(peer), backend) },
  ];
}
