import { addressOf, type Cidr, type Problem, parseAddress, parseIpv4Cidr } from '../../model/index.ts';
import type { OwnEnd, TunnelPeer } from '../backend/backend.ts';
import type { VxlanSettings } from './settings.ts';

/** What leads to one peer: its next hop has a MAC address that follows from its subnet, and the MAC address has a host on the underlay. */
export interface PeerEntries {
  readonly mac: string;
  /** `ADDRESS`, or `ADDRESS port PORT` if it is not the port of the device. */
  readonly destination: string;
  readonly nextHop: string;
}

export interface ResolvedPeers {
  readonly entries: readonly PeerEntries[];
  readonly problems: readonly Problem[];
}

/** The entries of all peers in the order of host ids. A peer that cannot be reached this way is a problem. Pure. */
export function resolvePeers(
  { port }: Pick<VxlanSettings, 'port'>,
  own: OwnEnd,
  peers: readonly TunnelPeer[],
): ResolvedPeers {
  const entries: PeerEntries[] = [];
  const problems: Problem[] = [];
  const family = familyOf(own.address);
  const ownerOf = new Map([[nextHopOf([own.subnet]), 'this host']]);
  for (const peer of peers.toSorted((a, b) => (a.hostId < b.hostId ? -1 : 1))) {
    const nextHop = nextHopOf(peer.subnets);
    const address = parseAddress(peer.address);
    if (nextHop === null) problems.push(noSubnet(peer));
    else if (!address.ok || address.value.family !== family) problems.push(unreachable(peer, family));
    else if (ownerOf.has(nextHop)) problems.push(claimedTwice(peer, ownerOf.get(nextHop) ?? ''));
    else {
      ownerOf.set(nextHop, `host ${peer.hostId}`);
      const isElsewhere = peer.port !== null && peer.port !== port;
      const { text } = address.value;
      const destination = isElsewhere ? `${text} port ${peer.port}` : text;
      entries.push({ mac: macOf(nextHop), destination, nextHop });
    }
  }
  return { entries, problems };
}

/** The network address of the first subnet: no container has it. Null: there is no subnet. */
export function nextHopOf(subnets: readonly string[]): string | null {
  const cidr = firstCidr(subnets);
  return cidr && addressOf(cidr.family, cidr.first).text;
}

/** The MAC address of the host with this next hop: locally administered, and the same after a restart. */
export function macOf(nextHop: string): string {
  const octets = nextHop.split('.').map((octet) => Number(octet).toString(16).padStart(2, '0'));
  return ['0e', '00', ...octets].join(':');
}

export function familyOf(address: string): 4 | 6 | null {
  const parsed = parseAddress(address);
  return parsed.ok ? parsed.value.family : null;
}

function firstCidr(subnets: readonly string[]): Cidr | null {
  return subnets[0] === undefined ? null : parseIpv4Cidr(subnets[0]);
}

function noSubnet({ hostId, subnets }: TunnelPeer): Problem {
  return {
    subject: `VXLAN to host ${hostId}`,
    what: `its subnet ${JSON.stringify(subnets[0] ?? '')} is not an IPv4 range`,
    hint: `run \`drover status\` on host ${hostId}, and fix what it says about the managed network`,
  };
}

function unreachable({ hostId, address }: TunnelPeer, family: 4 | 6 | null): Problem {
  return {
    subject: `VXLAN to host ${hostId}`,
    what: `its address ${JSON.stringify(address)} is not an IPv${family ?? 4} address, as this host has`,
    hint: `set \`host.address\` on host ${hostId} to an IPv${family ?? 4} address that the other hosts can reach`,
  };
}

function claimedTwice({ hostId, subnets }: TunnelPeer, owner: string): Problem {
  return {
    subject: `VXLAN to host ${hostId}`,
    what: `its subnet ${subnets[0]} is the subnet of ${owner}`,
    hint: 'compare `drover status` on both hosts: one may be a copy of the other, or has returned with an old subnet',
  };
}
