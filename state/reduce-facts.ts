import type { JsonObject, JsonValue } from '../model/index.ts';

/** Makes a fact smaller for a process that does not read all of it; the fact stays valid. Gives the same one where it is small. */
export type ReduceFact = (key: string, value: JsonValue) => JsonValue;

/** What a process of this role needs of a fact. */
export function reductionFor(role: string): ReduceFact {
  return role === 'dns' ? forDns : (_key, value) => value;
}

/** Of the labels DNS reads those that begin so; Compose alone adds a kilobyte of others to each container. */
const LABELS_OF_DNS = ['drover.', 'io.rancher.container.dns'];
/** What no answer depends on, and what stands there instead. An empty image tells that it was done. */
const NOT_IN_DNS = { uuid: '-', hostname: null, image: '' } as const;

function forDns(key: string, value: JsonValue): JsonValue {
  if (key.startsWith('service/')) return withoutMetadata(value);
  if (!key.startsWith('container/') || !isObject(value) || value.image === '') return value;
  return { ...value, ...NOT_IN_DNS, addresses: withoutMac(value.addresses), labels: labelsOfDns(value.labels) };
}

// A fact may be malformed; then whoever parses it says so.

function withoutMetadata(value: JsonValue): JsonValue {
  const isLarger = isObject(value) && typeof value.metadata === 'string' && value.metadata !== '{}';
  return isLarger ? { ...value, metadata: '{}' } : value;
}

function withoutMac(addresses: JsonValue | undefined): JsonValue {
  if (!Array.isArray(addresses)) return addresses ?? null;
  return addresses.map((address: JsonValue) => (isObject(address) ? { ...address, mac: null } : address));
}

function labelsOfDns(labels: JsonValue | undefined): JsonValue {
  if (!isObject(labels)) return labels ?? null;
  const kept = Object.entries(labels).filter(([name]) => LABELS_OF_DNS.some((prefix) => name.startsWith(prefix)));
  return Object.fromEntries(kept);
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
