import {
  type Cidr,
  cidrHolds,
  cidrsOverlap,
  nthSubnet,
  ok,
  type Problem,
  parseIpv4Cidr,
  problem,
  type Result,
  subnetCount,
} from '../../model/index.ts';
import type { NetworkRanges } from './plan-ranges.ts';

/** A claim on the bus. */
export interface SubnetClaim {
  readonly subnet: string;
  readonly hostId: string;
  readonly claimedAtMs: number;
  readonly revision: number;
}

export interface SubnetChoice {
  /** Canonical CIDR of this host's subnet. */
  readonly subnet: string;
  /** Whether this host has claimed it already. */
  readonly isClaimed: boolean;
  /** Further claims of this host, left by a lost reply. */
  readonly spare: readonly SubnetClaim[];
  /** Set when 80 % or more are in use, or the subnet is outside the ranges. */
  readonly warning: Problem | null;
}

interface SubnetSpace {
  readonly ranges: readonly Cidr[];
  readonly prefixLength: number;
}

const WARN_SHARE = 0.8;

/**
 * The subnet of a host: that of its Docker network (`inUse`) if the host has claimed it, otherwise its oldest claim, otherwise
 * that of its network, otherwise a free one. A claim outside of the ranges is kept, too, because hosts are not renumbered when
 * ranges change. If another host has claimed the subnet in use, that is a problem. Pure.
 */
export function chooseSubnet(
  { ranges, prefixLength }: NetworkRanges,
  claims: readonly SubnetClaim[],
  hostId: string,
  inUse: string | null,
): Result<SubnetChoice> {
  const space = parseSpace(ranges, prefixLength);
  if (!space.ok) return space;
  const owner = claims.find(({ subnet }) => subnet === inUse)?.hostId;
  if (inUse !== null && owner !== undefined && owner !== hostId) return lostTo(inUse, owner);
  const own = claims
    .filter((claim) => claim.hostId === hostId)
    .toSorted((a, b) => a.claimedAtMs - b.claimedAtMs || (a.subnet < b.subnet ? -1 : 1));
  const keep = own.find(({ subnet }) => subnet === inUse) ?? own[0];
  const spare = own.filter((claim) => claim !== keep);
  // If the claim of an existing network is gone, claim its subnet again instead of renumbering it.
  const subnet = keep?.subnet ?? inUse ?? freeSubnets(space.value, claims, hostId).next().value;
  if (!subnet) return exhausted(space.value, claims.length);
  const used = claims.length - spare.length + (keep ? 0 : 1);
  return ok({ subnet, isClaimed: keep !== undefined, spare, warning: warningFor(space.value, subnet, used) });
}

function parseSpace(ranges: readonly string[], prefixLength: number): Result<SubnetSpace> {
  const parsed = [];
  for (const text of ranges) {
    const range = parseIpv4Cidr(text);
    if (!range || range.prefixLength > prefixLength || prefixLength > 30)
      return problem(
        `managed network range ${text}`,
        `is not a CIDR that contains subnets of /${prefixLength}`,
        'use a range such as 10.42.0.0/16, with a `network.prefixLength` between its own and 30',
      );
    parsed.push(range);
  }
  return ok({ ranges: parsed, prefixLength });
}

function warningFor(space: SubnetSpace, subnet: string, used: number): Problem | null {
  const capacity = capacityOf(space);
  const cidr = parseIpv4Cidr(subnet);
  if (!cidr || !space.ranges.some((range) => cidrHolds(range, cidr)))
    return {
      subject: `subnet ${subnet}`,
      what: `lies outside the managed network's ranges ${space.ranges.map(({ text }) => text).join(', ')}`,
      hint: 'add its range to `network.ranges` again, on all hosts',
    };
  if (used < WARN_SHARE * capacity) return null;
  return {
    subject: 'managed network ranges',
    what: `${used} of ${capacity} subnets are claimed`,
    hint: 'add a range to `network.ranges` (hosts keep their subnets), or release the subnets of removed hosts: `drover forget`',
  };
}

function exhausted(space: SubnetSpace, used: number): Result<never> {
  return problem(
    'managed network ranges',
    `exhausted: all ${capacityOf(space)} subnets of ${space.ranges.map(({ text }) => text).join(', ')} are claimed (${used} claims)`,
    'add a range to `network.ranges` (hosts keep their subnets), or release the subnets of removed hosts: `drover forget`',
  );
}

function lostTo(subnet: string, owner: string): Result<never> {
  return problem(
    `subnet ${subnet}`,
    `is used by this host's network, but claimed by host ${owner || '(unknown)'}`,
    'stop the containers of the managed network on this host and remove the network; the agent then creates it with a new subnet',
  );
}

function capacityOf({ ranges, prefixLength }: SubnetSpace): number {
  return ranges.reduce((sum, range) => sum + Number(subnetCount(range, prefixLength)), 0);
}

/**
 * Free subnets in the order in which to try them: range by range, starting at a position computed from the host's id, so
 * that hosts that start together do not all try the same subnet.
 */
function* freeSubnets(space: SubnetSpace, claims: readonly SubnetClaim[], hostId: string): Generator<string> {
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

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const character of text) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return value;
}
