import { z } from 'zod';
import { type Container, isJsonObject, type JsonValue, shortId } from '../model/index.ts';
import { count, ip, ipv4, ipv6, labels, port, text } from './fields.ts';
import type { HostDraft } from './host-draft.ts';
import { defineKind } from './kind.ts';

const address = z.object({
  networkId: text,
  networkName: z.string(),
  ipv4: ipv4.nullable(),
  ipv6: ipv6.nullable(),
  mac: z.string().nullable(),
  // Optional instead of a default: few of 50,000 containers have any, and earlier agents do not write it.
  aliases: z.array(text).optional(),
});

const publishedPort = z.object({
  hostAddress: ip,
  hostPort: port,
  containerPort: port,
  protocol: z.enum(['tcp', 'udp', 'sctp']),
});

const health = z.enum([
  'initializing',
  'reinitializing',
  'healthy',
  'updating-healthy',
  'unhealthy',
  'updating-unhealthy',
]);

export const containerSchema: z.ZodType<Container> = z.object({
  id: text,
  uuid: text,
  hostId: text,
  name: text,
  hostname: z.string().nullable(),
  image: z.string(),
  stack: text.nullable(),
  service: text.nullable(),
  primaryService: text.nullable(),
  serviceIndex: z.number().nullable(),
  state: z.enum(['created', 'starting', 'running', 'paused', 'restarting', 'stopping', 'stopped']),
  health: health.nullable(),
  wasReady: z.boolean(),
  networkMode: z.enum(['bridge', 'host', 'none', 'container']),
  networkFrom: z.string().nullable(),
  addresses: z.array(address),
  preferredNetwork: z.string().nullable(),
  ports: z.array(publishedPort),
  // Facts of earlier agents have none.
  exposed: z.array(publishedPort.pick({ protocol: true }).extend({ port })).default([]),
  labels,
  links: labels,
  dns: z.array(z.string()),
  dnsSearch: z.array(z.string()),
  createdAtMs: z.number(),
  startedAtMs: z.number().nullable(),
  // Facts of earlier agents do not have it.
  exit: z.object({ code: z.number(), atMs: z.number() }).nullable().default(null),
  startCount: count,
  memoryReservation: z.number().nullable(),
  milliCpuReservation: z.number().nullable(),
  system: z.boolean(),
});

/** Fact `container/<id>`: one container of the host. */
export const containerKind = defineKind<Container, HostDraft>({
  name: 'container',
  idSegments: 1,
  schema: containerSchema,
  subjectOf: ({ hostId, id }) => ({ hostId, id }),
  // The id of the value, not that of the key: the second string would be kept for each of 50,000 containers.
  set: ({ containers }, _id, container) => containers.set(container.id, container),
  remove: ({ containers }, id) => containers.delete(id),
  forRole: (role, value) => (role === 'dns' ? forDns(value) : role === 'metadata' ? forMetadata(value) : value),
});

/** DNS reads only labels with these prefixes. The labels of Compose alone add a kilobyte to each container. */
const LABELS_OF_DNS = ['drover.', 'io.rancher.container.dns'];
/** Fields that no DNS answer depends on, and the values that replace them. The empty image marks a container as reduced. */
const NOT_IN_DNS = { uuid: '-', image: '', exit: null } as const;

// The value may be malformed: the process that parses it reports that.

function forDns(value: JsonValue): JsonValue {
  if (!isJsonObject(value) || value.image === '') return value;
  const { id, hostname } = value;
  return {
    ...value,
    ...NOT_IN_DNS,
    // Docker's default host name, the short id, is a name of the container anyway.
    hostname: typeof id === 'string' && hostname === shortId({ id }) ? null : (hostname ?? null),
    addresses: withoutMac(value.addresses),
    labels: labelsOfDns(value.labels),
  };
}

/** Docker's names are names in DNS only. */
function forMetadata(value: JsonValue): JsonValue {
  if (!isJsonObject(value) || !Array.isArray(value.addresses)) return value;
  if (!value.addresses.some((one: JsonValue) => isJsonObject(one) && one.aliases !== undefined)) return value;
  return { ...value, addresses: value.addresses.map(withoutAliases) };
}

function withoutAliases(address: JsonValue): JsonValue {
  if (!isJsonObject(address)) return address;
  const { aliases: _, ...others } = address;
  return others;
}

function withoutMac(addresses: JsonValue | undefined): JsonValue {
  if (!Array.isArray(addresses)) return addresses ?? null;
  return addresses.map((one: JsonValue) => (isJsonObject(one) ? { ...one, mac: null } : one));
}

function labelsOfDns(all: JsonValue | undefined): JsonValue {
  if (!isJsonObject(all)) return all ?? null;
  const kept = Object.entries(all).filter(([name]) => LABELS_OF_DNS.some((prefix) => name.startsWith(prefix)));
  return Object.fromEntries(kept);
}
