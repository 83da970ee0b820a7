import { type Cidr, cidrHolds, cidrsOverlap, nthSubnet, parseIpv4Cidr, subnetCount } from '../../model/index.ts';

/** A claim on the bus. */
export interface SubnetClaim {
  readonly subnet: string;
  readonly hostId: string;
  readonly claimedAtMs: number;
  readonly revision: number;
}

export interface SubnetSpace {
  readonly ranges: readonly Cidr[];
  readonly prefixLength: number;
}

export function capacityOf({ ranges, prefixLength }: SubnetSpace): number {
  return ranges.reduce((sum, range) => sum + Number(subnetCount(range, prefixLength)), 0);
}

/**
 * The claim that a host keeps: that of its network, otherwise the oldest. A claim outside of the ranges is kept, too, because
 * hosts are not renumbered when ranges change.
 */
export function chooseOwn(
  claims: readonly SubnetClaim[],
  hostId: string,
  inUse: string | null,
): { readonly keep: SubnetClaim | null; readonly spare: readonly SubnetClaim[] } {
  const own = claims
    .filter((claim) => claim.hostId === hostId)
    .toSorted((a, b) => a.claimedAtMs - b.claimedAtMs || (a.subnet < b.subnet ? -1 : 1));
  const keep = own.find(({ subnet }) => subnet === inUse) ?? own[0] ?? null;
  return { keep, spare: own.filter((claim) => claim !== keep) };
}

/**
 * Free subnets in the order in which to try them: range by range, starting at a position computed from the host's id, so
 * that hosts that start together do not all try the same subnet.
 */
export function* freeSubnets(space: SubnetSpace, claims: readonly SubnetClaim[], hostId: string): Generator<string> {
  const taken = claims.map(({ subnet }) => parseIpv4Cidr(subnet)).filter((cidr) => cidr !== null);
  for (const range of space.ranges) {
    const count = Number(subnetCount(range, space.prefixLength));
    const start = hash(hostId) % count;
    const near = taken.filter((cidr) => cidrsOverlap(cidr, range));
    for (let tried = 0; tried < count; tried++) {
      const candidate = nthSubnet(range, space.prefixLength, (start + tried) % count);
      if (candidate && !near.some((cidr) => cidrsOverlap(cidr, candidate))) yield candidate.text;
    }
  }
}

export function isInside({ ranges }: SubnetSpace, subnet: string): boolean {
  const cidr = parseIpv4Cidr(subnet);
  return cidr !== null && ranges.some((range) => cidrHolds(range, cidr));
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const character of text) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return value;
}
