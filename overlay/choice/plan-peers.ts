import { isIPv6 } from 'node:net';
import { type OverlayChoice, type TunnelEnd, type TunnelId, wantedTunnel } from '../../model/index.ts';
import type { Backend, DesiredTunnels, OwnEnd, TunnelPeer } from '../backend/backend.ts';
import type { OwnNetwork, Peer } from '../routing/desired-routing.ts';
import type { AcceptedPeer } from './accept-peers.ts';
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
}

export function tunnelKey({ backend, slot }: TunnelId): string {
  return `${backend}-${slot}`;
}

/** Pure. */
export function planPeers(input: PeersInput, accepted: readonly AcceptedPeer[]): PeersPlan {
  const { kept, ready, choice } = input;
  const wanted = wantedTunnel(choice);
  const peers = accepted.filter(({ subnets }) => subnets.length > 0);
  const used = new Map<string, TunnelEnd>();
  const routes: Peer[] = [];
  for (const peer of peers) {
    const end = chooseTunnel(wanted, ready, peer.ends);
    const backend = end && input.backends.find(({ name, slot }) => name === end.backend && slot === end.slot);
    if (!end || !backend) continue;
    used.set(peer.host.id, end);
    routes.push(routeTo(input, peer, end, backend));
  }
  const tunnels = kept.map((id): [string, DesiredTunnels] => [
    tunnelKey(id),
    { own: ownEnd(input, id), peers: peers.flatMap((peer) => tunnelTo(input, peer, id)) },
  ]);
  return { tunnels: new Map(tunnels), routes, used };
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

function routeTo({ reach, underlayMtu }: PeersInput, peer: AcceptedPeer, end: TunnelEnd, backend: BackendFacts): Peer {
  const found = reach(peer);
  const smaller = Math.min(underlayMtu, peer.overlay?.underlayMtu ?? underlayMtu);
  const most = smaller - backend.overheadBytes[isIPv6(found.address) ? 6 : 4];
  return {
    hostId: peer.host.id,
    subnets: peer.subnets,
    hop: backend.hop(tunnelPeer(found, peer, end)),
    mtu: Math.min(most, found.mtu ?? most),
  };
}
