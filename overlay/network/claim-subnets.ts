import {
  cidrsOverlap,
  type JsonValue,
  ok,
  type Problem,
  parseIpv4Cidr,
  problem,
  type Result,
} from '../../model/index.ts';
import type { Clock, Log } from '../../system/index.ts';
import { capacityOf, chooseOwn, freeSubnets, isInside, type SubnetClaim, type SubnetSpace } from './subnet-plan.ts';

/** The part of the bus that claims need. */
export interface ClaimDocuments {
  list(prefix: string): Promise<ReadonlyMap<string, { readonly value: JsonValue; readonly revision: number }>>;
  put(key: string, value: JsonValue, expect?: number): Promise<{ readonly ok: boolean }>;
  delete(key: string, expect?: number): Promise<{ readonly ok: boolean }>;
}

export interface ClaimSettings {
  readonly hostId: string;
  /** Canonical CIDRs, used in this order; more can be added at the end later. Default `['10.42.0.0/16']`. */
  readonly ranges?: readonly string[];
  /** Of each host's subnet. Default 24. */
  readonly prefixLength?: number;
}

export interface Claim {
  /** Canonical CIDR of this host's subnet. */
  readonly subnet: string;
  readonly used: number;
  readonly capacity: number;
  /** Set when 80 % or more are in use. */
  readonly warning: Problem | null;
}

export interface SubnetClaims {
  /**
   * Claims a subnet for this host, unless it has one. `inUse` is the subnet of the host's Docker network: if another host has
   * claimed it, that is a problem. Rejects when the bus cannot be reached. Idempotent, may run concurrently on any number of
   * hosts.
   */
  ensure(inUse?: string | null): Promise<Result<Claim>>;
  /** Releases all subnets of this host. Call it only when its containers are gone. */
  release(): Promise<void>;
}

const PREFIX = 'subnet/';
const WARN_SHARE = 0.8;
/** Each lost race is a success of another host, and there are fewer hosts than this. */
const MAX_TRIES = 1000;

export function claimSubnets(
  { documents, clock, log }: { documents: ClaimDocuments; clock: Pick<Clock, 'now'>; log: Log },
  { hostId, ranges = ['10.42.0.0/16'], prefixLength = 24 }: ClaimSettings,
): SubnetClaims {
  const list = async (): Promise<readonly SubnetClaim[]> => {
    const found = await documents.list(PREFIX);
    return [...found].map(([key, document]) => parseClaim(key, document)).filter((claim) => claim !== null);
  };
  const claim = async (subnet: string): Promise<boolean> => {
    const written = await documents.put(keyOf(subnet), { hostId, claimedAtMs: clock.now() }, 0);
    if (!written.ok) return false;
    // Compare-and-set protects one key. Hosts with different prefix lengths write different keys for the same addresses.
    const claims = await list();
    const own = claims.find((other) => other.subnet === subnet && other.hostId === hostId);
    if (own && claims.some((other) => other !== own && overlapping(other.subnet, subnet))) {
      await documents.delete(keyOf(subnet), own.revision);
      return false;
    }
    log.info({ subnet }, 'claimed a subnet');
    return true;
  };

  /** One attempt; null: another host was faster. */
  const attempt = async (space: SubnetSpace, inUse: string | null): Promise<Result<Claim> | null> => {
    const claims = await list();
    const owner = claims.find(({ subnet }) => subnet === inUse)?.hostId;
    if (inUse !== null && owner !== undefined && owner !== hostId) return lostTo(inUse, owner);
    const { keep, spare } = chooseOwn(claims, hostId, inUse);
    if (keep) {
      for (const { subnet, revision } of spare) await documents.delete(keyOf(subnet), revision);
      return ok(describe(space, keep.subnet, claims.length - spare.length));
    }
    // If the claim of an existing network is gone, claim its subnet again instead of renumbering it.
    if (inUse !== null) return (await claim(inUse)) ? ok(describe(space, inUse, claims.length + 1)) : null;
    for (const subnet of freeSubnets(space, claims, hostId))
      return (await claim(subnet)) ? ok(describe(space, subnet, claims.length + 1)) : null;
    return exhausted(space, claims.length);
  };

  return {
    ensure: async (inUse = null) => {
      const space = parseSpace(ranges, prefixLength);
      if (!space.ok) return space;
      for (let tries = 0; tries < MAX_TRIES; tries++) {
        const result = await attempt(space.value, inUse);
        if (result) return result;
      }
      throw new Error(`cannot claim a subnet after ${MAX_TRIES} attempts: the bus rejects the revisions that it lists`);
    },
    release: async () => {
      for (const { subnet, revision, ...rest } of await list())
        if (rest.hostId === hostId) await documents.delete(keyOf(subnet), revision);
    },
  };
}

function overlapping(a: string, b: string): boolean {
  const [first, second] = [parseIpv4Cidr(a), parseIpv4Cidr(b)];
  return first !== null && second !== null && cidrsOverlap(first, second);
}

function keyOf(subnet: string): string {
  return `${PREFIX}${subnet.replace('/', '_')}`;
}

/** Null: not a claim. Such a document does not occupy a subnet and is never overwritten. */
function parseClaim(key: string, { value, revision }: { value: JsonValue; revision: number }): SubnetClaim | null {
  const subnet = key.slice(PREFIX.length).replace('_', '/');
  if (parseIpv4Cidr(subnet) === null || value === null || typeof value !== 'object') return null;
  const { hostId, claimedAtMs } = value as { hostId?: JsonValue; claimedAtMs?: JsonValue };
  if (typeof hostId !== 'string') return { subnet, hostId: '', claimedAtMs: 0, revision };
  return { subnet, hostId, claimedAtMs: typeof claimedAtMs === 'number' ? claimedAtMs : 0, revision };
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

function describe(space: SubnetSpace, subnet: string, used: number): Claim {
  const capacity = capacityOf(space);
  return { subnet, used, capacity, warning: warningFor(space, subnet, used, capacity) };
}

function warningFor(space: SubnetSpace, subnet: string, used: number, capacity: number): Problem | null {
  if (!isInside(space, subnet))
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
