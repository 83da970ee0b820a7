import type { Problem } from '../../model/index.ts';

/** The ranges that the hosts of an environment take their subnets from. */
export interface NetworkRanges {
  /** Canonical CIDRs, in the order of use; more can be added at the end later. */
  readonly ranges: readonly string[];
  /** Of each host's subnet. */
  readonly prefixLength: number;
}

export interface RangesPlan {
  /** What this host uses. */
  readonly agreed: NetworkRanges;
  /** Whether they must be written to the bus first. */
  readonly isNew: boolean;
  /** Set when this host's configuration differs and is ignored. */
  readonly problem: Problem | null;
}

/**
 * The ranges of the environment: the first host writes those of its configuration, the others use them. A host whose
 * configuration has more ranges at the end adds them. Other changes are refused, because subnets are in use. Pure.
 */
export function planRanges(configured: NetworkRanges, standing: NetworkRanges | null): RangesPlan {
  if (standing === null) return { agreed: configured, isNew: true, problem: null };
  const isNew = extendsRanges(configured, standing) && configured.ranges.length > standing.ranges.length;
  if (isNew || extendsRanges(standing, configured))
    return { agreed: isNew ? configured : standing, isNew, problem: null };
  return { agreed: standing, isNew, problem: ignored(configured, standing) };
}

export function formatRanges({ ranges, prefixLength }: NetworkRanges): string {
  return `${ranges.join(', ')} in subnets of /${prefixLength}`;
}

function extendsRanges(long: NetworkRanges, short: NetworkRanges): boolean {
  return long.prefixLength === short.prefixLength && short.ranges.every((range, index) => range === long.ranges[index]);
}

function ignored(configured: NetworkRanges, standing: NetworkRanges): Problem {
  return {
    subject: 'managed network ranges',
    what: `the environment uses ${formatRanges(standing)}; this host's configuration has ${formatRanges(configured)}, which is ignored`,
    hint: 'set network.range, network.ranges and network.prefixLength to the same values on all hosts; ranges can be added at the end, other changes need `drover down` on all hosts',
  };
}
