import { type JsonValue, parseIpv4Cidr } from '../../model/index.ts';
import type { SubnetClaim } from './choose-subnet.ts';
import type { NetworkRanges } from './plan-ranges.ts';

/** The part of the bus that holds the ranges and the claims of subnets. */
export interface NetworkDocuments {
  list(prefix: string): Promise<ReadonlyMap<string, StoredDocument>>;
  put(key: string, value: JsonValue, expect?: number): Promise<{ readonly ok: boolean }>;
  delete(key: string, expect?: number): Promise<{ readonly ok: boolean }>;
}

interface StoredDocument {
  readonly value: JsonValue;
  readonly revision: number;
}

export interface StoredRanges {
  /** Null: there are none, or the document is invalid. No host can use such a document, so it is overwritten. */
  readonly ranges: NetworkRanges | null;
  /** 0: there is no document. */
  readonly revision: number;
}

export const RANGES_KEY = 'network/ranges';
const CLAIMS = 'subnet/';

export function claimKey(subnet: string): string {
  return `${CLAIMS}${subnet.replace('/', '_')}`;
}

export async function readRanges(documents: Pick<NetworkDocuments, 'list'>): Promise<StoredRanges> {
  const document = (await documents.list(RANGES_KEY)).get(RANGES_KEY);
  return document
    ? { ranges: parseRanges(document.value), revision: document.revision }
    : { ranges: null, revision: 0 };
}

export async function readClaims(documents: Pick<NetworkDocuments, 'list'>): Promise<readonly SubnetClaim[]> {
  const found = await documents.list(CLAIMS);
  return [...found].map(([key, document]) => parseClaim(key, document)).filter((claim) => claim !== null);
}

/** Releases all subnets of a host. Call it only when its containers are gone. Idempotent. */
export async function releaseSubnets(documents: NetworkDocuments, hostId: string): Promise<void> {
  const own = (await readClaims(documents)).filter((claim) => claim.hostId === hostId);
  for (const { subnet, revision } of own) await documents.delete(claimKey(subnet), revision);
}

/** Removes the ranges when no host has a subnet any more, so that others can be chosen. */
export async function forgetRanges(documents: Pick<NetworkDocuments, 'list' | 'delete'>): Promise<void> {
  if ((await documents.list(CLAIMS)).size > 0) return;
  const { revision } = await readRanges(documents);
  if (revision > 0) await documents.delete(RANGES_KEY, revision);
}

function parseRanges(value: JsonValue): NetworkRanges | null {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return null;
  const { ranges, prefixLength } = value as { readonly ranges?: JsonValue; readonly prefixLength?: JsonValue };
  if (!Array.isArray(ranges) || ranges.length === 0 || typeof prefixLength !== 'number') return null;
  return ranges.every((range) => typeof range === 'string') ? { ranges: ranges as string[], prefixLength } : null;
}

/** Null: not a claim. Such a document does not occupy a subnet and is never overwritten. */
function parseClaim(key: string, { value, revision }: StoredDocument): SubnetClaim | null {
  const subnet = key.slice(CLAIMS.length).replace('_', '/');
  if (parseIpv4Cidr(subnet) === null || value === null || typeof value !== 'object') return null;
  const { hostId, claimedAtMs } = value as { hostId?: JsonValue; claimedAtMs?: JsonValue };
  if (typeof hostId !== 'string') return { subnet, hostId: '', claimedAtMs: 0, revision };
  return { subnet, hostId, claimedAtMs: typeof claimedAtMs === 'number' ? claimedAtMs : 0, revision };
}
