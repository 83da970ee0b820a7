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

/** The part of a bus that claims need; `Bus` of bus/ fits. */
export interface ClaimDocuments {
  list(prefix: string): Promise<ReadonlyMap<string, { readonly value: JsonValue; readonly revision: number }>>;
  put(key: string, value: JsonValue, expect?: number): Promise<{ readonly ok: boolean }>;
  delete(key: string, expect?: number): Promise<{ readonly ok: boolean }>;
}

export interface ClaimSettings {
  readonly hostId: string;
  /** Canonical CIDRs, used in this order; more may be added at the end later. Default `['10.42.0.0/16']`. */
  readonly ranges?: readonly string[];
  /** Of each host's subnet. Default 24. */
  readonly prefixLength?: number;
}

export interface Claim {
  /** Canonical CIDR that is this host's. */
  readonly subnet: string;
  readonly used: number;
  readonly capacity: number;
  /** Set from 80 % use on. */
  readonly warning: Problem | null;
}

export interface SubnetClaims {
  /**
   * This host's subnet: the one it has already (validated), else a free one. `inUse` is the subnet the host's network has
   * now: if the bus says it is another host's, that is a problem. Rejects when the bus cannot be reached. Idempotent, may
   * run concurrently on any number of hosts.
   */
  ensure(inUse?: string | null): Promise<Result<Claim>>;
  /** Gives all of this host's subnets back. Only after its containers are gone. */
  release(): Promise<void>;
}

const PREFIX = 'subnet/';
const WARN_SHARE = 0.8;
/** Each lost race is another host's success, so that this many are more than there are hosts to race with. */
const MOST_TRIES = 1000;

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
    // Compare-and-set guards one key. Hosts that disagree on the prefix length write different keys for one space.
    const claims = await list();
    const own = claims.find((other) => other.subnet === subnet && other.hostId === hostId);
    if (own && claims.some((other) => other !== own && overlapping(other.subnet, subnet))) {
      await documents.delete(keyOf(subnet), own.revision);
      return false;
    }
    log.info({ subnet }, 'claimed a subnet');
    return true;
  };

  /** One look at the bus; null: somebody else was faster, look again. */
  const attempt = async (space: SubnetSpace, inUse: string | null): Promise<Result<Claim> | null> => {
    const claims = await list();
    const owner = claims.find(({ subnet }) => subnet === inUse)?.hostId;
    if (inUse !== null && owner !== undefined && owner !== hostId) return lostTo(inUse, owner);
    const { keep, spare } = chooseOwn(claims, hostId, inUse);
    if (keep) {
      for (const { subnet, revision } of spare) await documents.delete(keyOf(subnet), revision);
      return ok(describe(space, keep.subnet, claims.length - spare.length));
    }
    // A network that stands while its claim is gone takes the claim back rather than being renumbered.
    if (inUse !== null) return (await claim(inUse)) ? ok(describe(space, inUse, claims.length + 1)) : null;
    for (const subnet of freeSubnets(space, claims, hostId))
      return (await claim(subnet)) ? ok(describe(space, subnet, claims.length + 1)) : null;
    return exhausted(space, claims.length);
  };

  return {
    ensure: async (inUse = null) => {
      const space = parseSpace(ranges, prefixLength);
      if (!space.ok) return space;
      for (let tries = 0; tries < MOST_TRIES; tries++) {
        const result = await attempt(space.value, inUse);
        if (result) return result;
      }
      throw new Error(
        `no subnet could be claimed in ${MOST_TRIES} tries: what the bus lists and what it refuses differ`,
      );
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

/** A document that is not a claim is somebody else's rubbish: it takes no place, and we never write over it. */
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
        `is not a CIDR that holds subnets of /${prefixLength}`,
        'write it as 10.42.0.0/16, with a prefix length between its own and 30',
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
      hint: 'add its range to the ranges again, on all hosts',
    };
  if (used < WARN_SHARE * capacity) return null;
  return {
    subject: 'managed network ranges',
    what: `${used} of ${capacity} subnets are claimed`,
    hint: 'add a further range (hosts keep the subnets they have), or release those of hosts that are gone (drover forget)',
  };
}

function exhausted(space: SubnetSpace, used: number): Result<never> {
  return problem(
    'managed network ranges',
    `exhausted: all ${capacityOf(space)} subnets of ${space.ranges.map(({ text }) => text).join(', ')} are taken (${used} claims)`,
    'add a further range (hosts keep the subnets they have), or release those of hosts that are gone (drover forget)',
  );
}

function lostTo(subnet: string, owner: string): Result<never> {
  return problem(
    `subnet ${subnet}`,
    `is the subnet of this host's network, but host ${owner || '(unknown)'} owns it now`,
    'stop the containers on this host, remove its managed network, and the agent makes a new one',
  );
}
