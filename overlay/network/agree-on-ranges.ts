import type { JsonValue, Problem } from '../../model/index.ts';
import type { ClaimDocuments } from './claim-subnets.ts';

/** The ranges that the hosts of an environment take their subnets from. */
export interface NetworkRanges {
  /** Canonical CIDRs, in the order of use. */
  readonly ranges: readonly string[];
  /** Of each host's subnet. */
  readonly prefixLength: number;
}

export interface AgreedRanges extends NetworkRanges {
  /** Set when this host's configuration differs and is ignored. */
  readonly problem: Problem | null;
}

const KEY = 'network/ranges';
const MAX_TRIES = 20;

/**
 * The ranges of the environment: the first host writes those of its configuration, the others use them. A host whose
 * configuration has more ranges at the end adds them. Other changes are refused, because subnets are in use. Rejects when the
 * bus cannot be reached. Idempotent, may run concurrently on any number of hosts.
 */
export async function agreeOnRanges(
  documents: Pick<ClaimDocuments, 'list' | 'put'>,
  own: NetworkRanges,
): Promise<AgreedRanges> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const document = (await documents.list(KEY)).get(KEY);
    const standing = document ? parseRanges(document.value) : null;
    if (standing && !extendsRanges(own, standing)) return { ...standing, problem: problemOf(own, standing) };
    if (standing && standing.ranges.length === own.ranges.length) return { ...own, problem: null };
    const value = { ranges: [...own.ranges], prefixLength: own.prefixLength };
    if ((await documents.put(KEY, value, document?.revision ?? 0)).ok) return { ...own, problem: null };
  }
  throw new Error(`cannot write ${KEY} after ${MAX_TRIES} attempts: the bus rejects the revision that it lists`);
}

/** Removes the ranges when no host has a subnet any more, so that others can be chosen. */
export async function forgetRanges(documents: Pick<ClaimDocuments, 'list' | 'delete'>): Promise<void> {
  if ((await documents.list('subnet/')).size > 0) return;
  const document = (await documents.list(KEY)).get(KEY);
  if (document) await documents.delete(KEY, document.revision);
}

/** Null: invalid. No host can use such a document, so it is overwritten. */
function parseRanges(value: JsonValue): NetworkRanges | null {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return null;
  const { ranges, prefixLength } = value as { readonly ranges?: JsonValue; readonly prefixLength?: JsonValue };
  if (!Array.isArray(ranges) || ranges.length === 0 || typeof prefixLength !== 'number') return null;
  return ranges.every((range) => typeof range === 'string') ? { ranges: ranges as string[], prefixLength } : null;
}

function extendsRanges(own: NetworkRanges, standing: NetworkRanges): boolean {
  return own.prefixLength === standing.prefixLength && isPrefix(standing.ranges, own.ranges);
}

function isPrefix(short: readonly string[], long: readonly string[]): boolean {
  return short.every((range, index) => range === long[index]);
}

/** Null when the environment's ranges only have more at the end. */
function problemOf(own: NetworkRanges, standing: NetworkRanges): Problem | null {
  if (extendsRanges(standing, own)) return null;
  const format = ({ ranges, prefixLength }: NetworkRanges) => `${ranges.join(', ')} in subnets of /${prefixLength}`;
  return {
    subject: 'managed network ranges',
    what: `the environment uses ${format(standing)}; this host's configuration has ${format(own)}, which is ignored`,
    hint: 'set network.range, network.ranges and network.prefixLength to the same values on all hosts; ranges can be added at the end, other changes need `drover down` on all hosts',
  };
}
