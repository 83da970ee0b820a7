import type { JsonValue, Problem } from '../../model/index.ts';
import type { ClaimDocuments } from './claim-subnets.ts';

/** From what all hosts of an environment take their subnets. */
export interface NetworkRanges {
  /** Canonical CIDRs, in the order of use. */
  readonly ranges: readonly string[];
  /** Of each host's subnet. */
  readonly prefixLength: number;
}

export interface AgreedRanges extends NetworkRanges {
  /** This host's configuration says something else, and is not followed; null when it agrees. */
  readonly problem: Problem | null;
}

const KEY = 'network/ranges';
const MOST_TRIES = 20;

/**
 * The ranges belong to the environment: the first host writes down its own, the others follow. Ranges may be added at the
 * end, by the first host whose configuration has them; nothing else changes them, for hosts live in them. Rejects when the
 * bus cannot be reached. Idempotent, may run concurrently on any number of hosts.
 */
export async function agreeOnRanges(
  documents: Pick<ClaimDocuments, 'list' | 'put'>,
  own: NetworkRanges,
): Promise<AgreedRanges> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const document = (await documents.list(KEY)).get(KEY);
    const standing = document ? parseRanges(document.value) : null;
    if (standing && !extendsRanges(own, standing)) return { ...standing, problem: problemOf(own, standing) };
    if (standing && standing.ranges.length === own.ranges.length) return { ...own, problem: null };
    const value = { ranges: [...own.ranges], prefixLength: own.prefixLength };
    if ((await documents.put(KEY, value, document?.revision ?? 0)).ok) return { ...own, problem: null };
  }
  throw new Error(`${KEY} could not be written in ${MOST_TRIES} tries: what the bus lists and what it refuses differ`);
}

/** Once no host holds a subnet any more, other ranges may be chosen. */
export async function forgetRanges(documents: Pick<ClaimDocuments, 'list' | 'delete'>): Promise<void> {
  if ((await documents.list('subnet/')).size > 0) return;
  const document = (await documents.list(KEY)).get(KEY);
  if (document) await documents.delete(KEY, document.revision);
}

/** A document that cannot be understood is written anew: no host lives by it. */
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

/** A host whose configuration merely lacks what was added is no problem: it follows. */
function problemOf(own: NetworkRanges, standing: NetworkRanges): Problem | null {
  if (extendsRanges(standing, own)) return null;
  const say = ({ ranges, prefixLength }: NetworkRanges) => `${ranges.join(', ')} in subnets of /${prefixLength}`;
  return {
    subject: 'managed network ranges',
    what: `this host's configuration says ${say(own)}, the environment has ${say(standing)}, which is followed`,
    hint: 'make network.range, network.ranges and network.prefixLength equal on all hosts; ranges can be added at the end, others need a drover down on all hosts',
  };
}
