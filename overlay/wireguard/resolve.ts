import { type Cidr, canonicalAddress, cidrsOverlap, type Problem, parseIpv4Cidr } from '../../model/index.ts';
import type { OwnEnd, TunnelPeer } from '../backend/backend.ts';
import type { WireguardStatus } from './parse-dump.ts';

/** What the device should have for one peer. */
export interface PeerEntry {
  readonly hostId: string;
  readonly publicKey: string;
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
  const claims = createClaims(own);
  const entries: PeerEntry[] = [];
  for (const { entry, cidrs } of inOrder) {
    const rival = ownerOfKey.get(entry.publicKey);
    const holder = claims.holderOf(cidrs);
    if (rival !== undefined) problems.push(sharedKey(entry, rival));
    else if (holder !== null) problems.push(claimedTwice(entry, holder));
    else {
      ownerOfKey.set(entry.publicKey, `host ${entry.hostId}`);
      claims.add(cidrs, `host ${entry.hostId}`);
      entries.push(entry);
    }
  }
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
  return { entry: { hostId, publicKey, endpoint, allowedIps, isSilent }, cidrs, stands };
}

/** As `wg` prints it; null: it is not an address and a port. */
export function endpointOf({ address, port }: Pick<TunnelPeer, 'address' | 'port'>): string | null {
  const text = canonicalAddress(address);
  if (text === null || port === null || !Number.isInteger(port) || port < 1 || port > 65_535) return null;
  return `${text.includes(':') ? `[${text}]` : text}:${port}`;
}

/** Who has which addresses. All subnets of an environment have few lengths, so finding one costs as much as there are lengths. */
function createClaims(own: OwnEnd) {
  const claimed: { readonly cidr: Cidr; readonly owner: string }[] = [];
  const byText = new Map<string, string>();
  const lengths = new Set<number>();
  const add = (cidrs: readonly Cidr[], owner: string): void => {
    for (const cidr of cidrs) {
      claimed.push({ cidr, owner });
      byText.set(cidr.text, owner);
      lengths.add(cidr.prefixLength);
    }
  };
  const ownCidr = parseIpv4Cidr(own.subnet);
  if (ownCidr) add([ownCidr], 'this host');
  const find = (cidr: Cidr): string | null => {
    if (lengths.size === 1 && lengths.has(cidr.prefixLength)) return byText.get(cidr.text) ?? null;
    return claimed.find((other) => cidrsOverlap(other.cidr, cidr))?.owner ?? null;
  };
  return {
    add,
    holderOf: (cidrs: readonly Cidr[]) => cidrs.map(find).find((owner) => owner !== null) ?? null,
  };
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
