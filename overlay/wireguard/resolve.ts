import { type Cidr, canonicalAddress, type Problem, parseIpv4Cidr, SubnetHolders } from '../../model/index.ts';
import type { OwnEnd, TunnelPeer } from '../backend/backend.ts';
import type { WireguardStatus } from './parse-dump.ts';

/** What the device should have for one peer. */
export interface PeerEntry {
  readonly hostId: string;
  readonly publicKey: string;
  readonly address: string;
  /** `ADDRESS:PORT` or `[ADDRESS]:PORT`. */
  readonly endpoint: string;
  /** CIDRs, sorted. */
  readonly allowedIps: readonly string[];
  readonly isSilent: boolean;
}

export interface ResolvedPeers {
  readonly entries: readonly PeerEntry[];
  readonly problems: readonly Problem[];
}

/** Canonical base64 of 32 bytes. */
const KEY = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;
const ZERO_KEY = `${'A'.repeat(43)}=`;

/**
 * The entries of all peers in the order of host ids. A peer that cannot have one is a problem. Of two peers that claim one key or one
 * subnet, the peer that the device already has stays. Pure.
 */
export function resolvePeers(
  own: OwnEnd,
  peers: readonly TunnelPeer[],
  status: Pick<WireguardStatus, 'publicKey' | 'peers'>,
): ResolvedPeers {
  const problems: Problem[] = [];
  const usable = peers.flatMap((peer): Candidate[] => {
    const found = candidateOf(peer, status);
    if ('hint' in found) problems.push(found);
    return 'hint' in found ? [] : [found];
  });
  const inOrder = usable.toSorted((a, b) => Number(b.stands) - Number(a.stands) || order(a.entry, b.entry));
  const ownerOfKey = new Map<string, string>(status.publicKey === null ? [] : [[status.publicKey, 'this host']]);
  const claims = new SubnetHolders();
  const holderOf = (cidrs: readonly Cidr[]): string | undefined =>
    cidrs.map((cidr) => claims.holderOf(cidr)).find((holder) => holder !== null) ?? undefined;
  const ownCidr = parseIpv4Cidr(own.subnet);
  if (ownCidr) claims.add(ownCidr, 'this host');
  const claiming: PeerEntry[] = [];
  for (const { entry, cidrs } of inOrder) {
    const owner = `host ${entry.hostId}`;
    const rival = ownerOfKey.get(entry.publicKey);
    const holder = holderOf(cidrs);
    if (rival !== undefined) problems.push(sharedKey(entry, rival));
    else if (holder !== undefined) problems.push(claimedTwice(entry, holder));
    else {
      ownerOfKey.set(entry.publicKey, owner);
      for (const cidr of cidrs) claims.add(cidr, owner);
      claiming.push(entry);
    }
  }
  const entries = claiming.filter((entry) => {
    const address = parseIpv4Cidr(`${entry.address}/32`);
    const holder = address && claims.holderOf(address);
    if (holder) problems.push(insideTunnel(entry, holder));
    return !holder;
  });
  return { entries: entries.toSorted(order), problems };
}

interface Candidate {
  readonly entry: PeerEntry;
  readonly cidrs: readonly Cidr[];
  /** The device has this key with these subnets. */
  readonly stands: boolean;
}

function candidateOf(peer: TunnelPeer, { peers }: Pick<WireguardStatus, 'peers'>): Candidate | Problem {
  const { hostId, publicKey, subnets, isSilent } = peer;
  const endpoint = endpointOf(peer);
  const cidrs = subnets.map(parseIpv4Cidr);
  if (publicKey === null || !KEY.test(publicKey) || publicKey === ZERO_KEY) return badKey(peer);
  if (endpoint === null) return badEnd(peer);
  if (cidrs.length === 0 || !cidrs.every((cidr) => cidr !== null)) return badSubnets(peer);
  const allowedIps = cidrs.map(({ text }) => text).toSorted();
  const stands = allowedIps.every((text) => peers.get(publicKey)?.allowedIps.includes(text));
  return { entry: { hostId, publicKey, address: peer.address, endpoint, allowedIps, isSilent }, cidrs, stands };
}

/** As `wg` prints it; null: it is not an address and a port. */
export function endpointOf({ address, port }: Pick<TunnelPeer, 'address' | 'port'>): string | null {
  const text = canonicalAddress(address);
  if (text === null || port === null || !Number.isInteger(port) || port < 1 || port > 65_535) return null;
  return `${text.includes(':') ? `[${text}]` : text}:${port}`;
}

function order(a: PeerEntry, b: PeerEntry): number {
  return a.hostId < b.hostId ? -1 : 1;
}

const COPIES = 'compare `drover status` on both hosts: one may be a copy of the other, or has returned with old data';

function badKey({ hostId, publicKey }: TunnelPeer): Problem {
  return {
    subject: `WireGuard to host ${hostId}`,
    what: `its public key ${JSON.stringify(publicKey?.slice(0, 50) ?? '')} is not a WireGuard key`,
    hint: `restart the agent of host ${hostId}, and look there in \`drover status\``,
  };
}

function badEnd({ hostId, address, port }: TunnelPeer): Problem {
  return {
    subject: `WireGuard to host ${hostId}`,
    what: `${JSON.stringify(address)} and UDP port ${port} are not an address and a port`,
    hint: `set \`host.address\` on host ${hostId} to an address that the other hosts can reach`,
  };
}

function badSubnets({ hostId, subnets }: TunnelPeer): Problem {
  return {
    subject: `WireGuard to host ${hostId}`,
    what: `its subnets ${JSON.stringify(subnets).slice(0, 80)} are not IPv4 ranges`,
    hint: `run \`drover status\` on host ${hostId}, and fix what it says about the managed network`,
  };
}

function sharedKey({ hostId }: PeerEntry, rival: string): Problem {
  return { subject: `WireGuard to host ${hostId}`, what: `its public key is the key of ${rival}`, hint: COPIES };
}

function claimedTwice({ hostId, allowedIps }: PeerEntry, holder: string): Problem {
  const subject = `WireGuard to host ${hostId}`;
  return { subject, what: `its subnet ${allowedIps.join(', ')} overlaps the subnet of ${holder}`, hint: COPIES };
}

/** wireguard-go would encrypt its own packets again and again. */
function insideTunnel({ hostId, address }: PeerEntry, holder: string): Problem {
  return {
    subject: `WireGuard to host ${hostId}`,
    what: `its address ${address} is in the subnet of ${holder}, so it is not outside of the tunnel`,
    hint: `set \`host.address\` on host ${hostId} to its address on the underlay`,
  };
}
