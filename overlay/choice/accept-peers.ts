import {
  type Host,
  type HostOverlay,
  type Problem,
  parseIpv4Cidr,
  SubnetHolders,
  type TunnelEnd,
} from '../../model/index.ts';
import { endsOf } from './plan-tunnels.ts';

/** Another host as it is reached: what its facts say, without what belongs to somebody else. */
export interface AcceptedPeer {
  readonly host: Host;
  readonly overlay: HostOverlay | null;
  readonly subnets: readonly string[];
  readonly ends: readonly AcceptedEnd[];
}

export interface AcceptedEnd extends TunnelEnd {
  /** Incarnation of the host that was the first one with this key. */
  readonly incarnation: number;
}

export interface AcceptedPeers {
  readonly peers: ReadonlyMap<string, AcceptedPeer>;
  readonly problems: readonly Problem[];
}

export interface OfferedPeer {
  readonly host: Host;
  readonly overlay: HostOverlay | null;
}

export const NO_PEERS: AcceptedPeers = { peers: new Map(), problems: [] };

/**
 * Accepts what other hosts publish, compared with what was accepted before: a subnet stays with the living host that had it first, and
 * a public key changes only with a higher generation or a restart of the agent. What is refused is a problem and affects nobody else. Pure.
 */
export function acceptPeers(
  before: AcceptedPeers,
  ownSubnets: readonly string[],
  offered: readonly OfferedPeer[],
): AcceptedPeers {
  const problems: Problem[] = [];
  const isKnown = ({ host }: OfferedPeer): number => (before.peers.has(host.id) ? 0 : 1);
  const inOrder = offered.toSorted((a, b) => isKnown(a) - isKnown(b) || (a.host.id < b.host.id ? -1 : 1));
  const taken = new SubnetHolders();
  for (const subnet of ownSubnets) take(taken, subnet, 'this host');
  // What a host had before stays its own, whatever another known host claims now.
  for (const { host } of inOrder)
    for (const subnet of before.peers.get(host.id)?.subnets ?? [])
      if (host.subnets.includes(subnet)) take(taken, subnet, host.id);
  const peers = inOrder.map(({ host, overlay }): AcceptedPeer => {
    const earlier = before.peers.get(host.id) ?? null;
    const subnets = host.subnets.filter((subnet) => acceptSubnet(taken, host, subnet, problems));
    const ends = endsOf(overlay).map((end) => acceptKey(host, earlier, end, problems));
    const peer = { host, overlay, subnets, ends };
    return earlier && isSamePeer(earlier, peer) ? earlier : peer;
  });
  return { peers: new Map(peers.map((peer) => [peer.host.id, peer])), problems };
}

function take(taken: SubnetHolders, subnet: string, holder: string): void {
  const cidr = parseIpv4Cidr(subnet);
  if (cidr) taken.add(cidr, holder);
}

function acceptSubnet(taken: SubnetHolders, host: Host, subnet: string, problems: Problem[]): boolean {
  const cidr = parseIpv4Cidr(subnet);
  const rival = cidr && taken.holderOf(cidr, host.id);
  if (!cidr || rival !== null) {
    const what = rival === null ? 'is not an IPv4 subnet' : `overlaps the subnet of ${nameOf(rival)}`;
    const hint =
      'compare `drover status` on both hosts: one may be a copy of the other, or has returned with an old subnet';
    problems.push({ subject: `subnet ${subnet} of host ${host.name} (${host.id})`, what, hint });
    return false;
  }
  taken.add(cidr, host.id);
  return true;
}

const nameOf = (holder: string): string => (holder === 'this host' ? holder : `host ${holder}`);

/** Keeps the earlier key if a running agent publishes another one of the same generation: it makes new keys only for a new generation. */
function acceptKey(host: Host, earlier: AcceptedPeer | null, end: TunnelEnd, problems: Problem[]): AcceptedEnd {
  const known = earlier?.ends.find(({ backend, slot }) => backend === end.backend && slot === end.slot);
  if (known?.publicKey === end.publicKey) {
    const isSame = known.generation === end.generation && known.port === end.port;
    return isSame ? known : { ...end, incarnation: known.incarnation };
  }
  if (!known || known.generation < end.generation || known.incarnation < host.incarnation)
    return { ...end, incarnation: host.incarnation };
  problems.push({
    subject: `${end.backend} key of host ${host.name} (${host.id})`,
    what: 'has changed, although its agent did not renew it; the earlier key stays in use',
    hint: 'find out who writes to the bus; if the host has lost its key file, restart its agent',
  });
  return known;
}

function isSamePeer(a: AcceptedPeer, b: AcceptedPeer): boolean {
  const isSame = <Item>(some: readonly Item[], others: readonly Item[]): boolean =>
    some.length === others.length && some.every((item, index) => item === others[index]);
  return a.host === b.host && a.overlay === b.overlay && isSame(a.subnets, b.subnets) && isSame(a.ends, b.ends);
}
