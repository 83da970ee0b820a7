import { hash32 } from '../../../model/index.ts';

/**
 * The keys of one environment; README.md shows the whole layout. Host ids, tokens and lock names are percent-encoded to one
 * segment each. Document keys keep their slashes.
 */
export interface Keys {
  /** `g/`: one small value for each group. A new value means that something in the group has changed. */
  readonly groups: string;
  group(name: string): string;
  /** `n/`: one record for each host, below its group. */
  readonly hostRecords: string;
  hostRecordsOf(group: string): string;
  hostRecord(hostId: string): string;
  /** The host id in the key of a host record. */
  hostIdOf(key: string): string;
  /** `d/`: the facts, below their host. */
  readonly facts: string;
  factsOf(hostId: string): string;
  hostIdOfFacts(key: string): string;
  /** `m/`: the documents, below their group. */
  readonly documents: string;
  documentsOf(group: string): string;
  document(key: string): string;
  documentKeyOf(key: string): string;
  /** `p/`: the parts of documents that are too large for one value. */
  partsOf(documentKey: string): string;
  /** `l/`: leader locks. */
  lock(name: string): string;
}

const HOST_GROUPS = 32;
const DOCUMENT_GROUPS = 16;

const pad = (index: number): string => String(index).padStart(2, '0');

/** `00` to `31`. */
export function hostGroup(hostId: string): string {
  return pad(hash32(hostId) % HOST_GROUPS);
}

/** `m00` to `m15`. */
export function documentGroup(key: string): string {
  return `m${pad(hash32(key) % DOCUMENT_GROUPS)}`;
}

export function isDocumentGroup(group: string): boolean {
  return group.startsWith('m');
}

export const documentGroups: readonly string[] = Array.from(
  { length: DOCUMENT_GROUPS },
  (_, index) => `m${pad(index)}`,
);

export function keysOf(namespace: string, environment: string): Keys {
  const root = `${namespace}/${encodeURIComponent(environment)}`;
  const [groups, hostRecords, facts, documents, parts, locks] = ['g', 'n', 'd', 'm', 'p', 'l'].map((one) => `${root}/${one}/`) as [
    string, string, string, string, string, string,
  ]; // biome-ignore format: one element for each name
  return {
    groups,
    group: (name) => groups + name,
    hostRecords,
    hostRecordsOf: (group) => `${hostRecords}${group}/`,
    hostRecord: (hostId) => `${hostRecords}${hostGroup(hostId)}/${encodeURIComponent(hostId)}`,
    hostIdOf: (key) => decodeSegment(key.slice(hostRecords.length + 3)),
    facts,
    factsOf: (hostId) => `${facts}${encodeURIComponent(hostId)}/`,
    hostIdOfFacts: (key) => decodeSegment(key.slice(facts.length).split('/')[0] ?? ''),
    documents,
    documentsOf: (group) => `${documents}${group}/`,
    document: (key) => `${documents}${documentGroup(key)}/${key}`,
    documentKeyOf: (key) => key.slice(documents.length + 4),
    partsOf: (key) => `${parts}${encodeURIComponent(key)}/`,
    lock: (name) => locks + encodeURIComponent(name),
  };
}

/** A key written by hand may contain anything. */
function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
