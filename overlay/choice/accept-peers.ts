import {
  type Host,
  type HostOverlay,
  type Problem,
  parseIpv4Cidr,
  type Snapshot,
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
  /** The living hosts. */
  readonly peers: ReadonlyMap<string, AcceptedPeer>;
  /** Hosts whose agent does not run, as they were last. Their containers and tunnels may work, so the tunnels of this host stay. */
  readonly absent: ReadonlyMap<string, AcceptedPeer>;
  readonly problems: readonly Problem[];
}

export interface OfferedPeer {
  readonly host: Host;
  readonly overlay: HostOverlay | null;
}

export const NO_PEERS: AcceptedPeers = { peers: new Map(), absent: new Map(), problems: [] };

/**
 * Accepts what the living hosts publish, compared with what was accepted before. A subnet belongs to the host that has claimed it, else to the
 * one that had it first. A public key changes only with a higher generation or a restart of the agent. What is refused is a problem and
 * affects nobody else. A host that does not offer itself any more is absent while it owns its subnets.
 * `owners` are the hosts that have claimed subnets. Pure.
 */
export function acceptPeers(
  before: AcceptedPeers,
  ownSubnets: readonly string[],
  offered: readonly OfferedPeer[],
  owners: Snapshot['subnets'],
): AcceptedPeers {
  const problems: Problem[] = [];
  const earlierOf = (id: string): AcceptedPeer | null => before.peers.get(id) ?? before.absent.get(id) ?? null;
  const isKnown = ({ host }: OfferedPeer): number => (earlierOf(host.id) ? 0 : 1);
  const inOrder = offered.toSorted((a, b) => isKnown(a) - isKnown(b) || (a.host.id < b.host.id ? -1 : 1));
  const taken = new SubnetHolders();
  for (const subnet of ownSubnets) take(taken, subnet, 'this host');
  for (const { host } of inOrder)
    for (const subnet of host.subnets) if (owners.get(subnet) === host.id) take(taken, subnet, host.id);
  const absent = absentPeers(before, offered, owners).filter(({ host, subnets }) =>
    subnets.every((subnet) => take(taken, subnet, host.id)),
  );
  // What a host had before stays its own, whatever another known host announces now.
  for (const { host } of inOrder)
    for (const subnet of earlierOf(host.id)?.subnets ?? [])
      if (host.subnets.includes(subnet)) take(taken, subnet, host.id);
  const peers = inOrder.map(({ host, overlay }): AcceptedPeer => {
    const earlier = earlierOf(host.id);
    const subnets = host.subnets.filter((subnet) => acceptSubnet(taken, host, subnet, problems));
    const ends = endsOf(overlay).map((end) => acceptKey(host, earlier, end, problems));
    const peer = { host, overlay, subnets, ends };
    return earlier && isSamePeer(earlier, peer) ? earlier : peer;
  });
  return { peers: byId(peers), absent: byId(absent), problems };
}

const byId = (peers: readonly AcceptedPeer[]): ReadonlyMap<string, AcceptedPeer> =>
  new Map(peers.map((peer) => [peer.host.id, peer]));

function absentPeers(
  { peers, absent }: AcceptedPeers,
  offered: readonly OfferedPeer[],
  owners: Snapshot['subnets'],
): readonly AcceptedPeer[] {
  const living = new Set(offered.map(({ host }) => host.id));
  const isOwner = ({ host, subnets }: AcceptedPeer): boolean =>
    subnets.length > 0 && subnets.every((subnet) => owners.get(subnet) === host.id);
  return [...peers.values(), ...absent.values()].filter((peer) => !living.has(peer.host.id) && isOwner(peer));
}

/** False: another host has it already, or it is no subnet. */
function take(taken: SubnetHolders, subnet: string, holder: string): boolean {
  const cidr = parseIpv4Cidr(subnet);
  if (!cidr || taken.holderOf(cidr, holder) !== null) return false;
  taken.add(cidr, holder);
  return true;
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
