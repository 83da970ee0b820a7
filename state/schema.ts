import { isIP } from 'node:net';
import { z } from 'zod';
import type { Container, Host, JsonObject, LoadBalancerConfig, Network, ServiceDeclaration } from '../model/index.ts';
import { isShallow, tooDeep } from './depth.ts';
import type { Liveness } from './liveness.ts';

// What other hosts send, maybe by another version: fields we do not know are dropped. A field added later needs a
// default here, or the facts of hosts that are not upgraded yet are refused.

const text = z.string().min(1);
const count = z.int().nonnegative();
const ip = z.string().refine((value) => isIP(value) !== 0, 'is not an IP address');
const ipv4 = z.string().refine((value) => isIP(value) === 4, 'is not an IPv4 address');
const ipv6 = z.string().refine((value) => isIP(value) === 6, 'is not an IPv6 address');
const cidr = z.string().refine(isCidr, 'is not a subnet such as 10.42.3.0/24');
const port = z.int().min(0).max(65_535);
const labels = z.record(z.string(), z.string());
const jsonMap = z.string().refine(isJsonMap, 'is not a map as JSON text');
const tree = z.custom<JsonObject>(isObject, 'is not an object').refine((value) => isShallow(value), tooDeep);

export const hostSchema: z.ZodType<Host> = z.object({
  id: text,
  name: text,
  hostname: z.string(),
  address: ip,
  labels,
  milliCpu: z.number().nullable(),
  memoryBytes: z.number().nullable(),
  localStorageMb: z.number().nullable(),
  agentVersion: z.string(),
  subnets: z.array(cidr),
  incarnation: z.number(),
});

const address = z.object({
  networkId: text,
  networkName: z.string(),
  ipv4: ipv4.nullable(),
  ipv6: ipv6.nullable(),
  mac: z.string().nullable(),
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
  startCount: count,
  memoryReservation: z.number().nullable(),
  milliCpuReservation: z.number().nullable(),
  system: z.boolean(),
});

export const networkSchema: z.ZodType<Network> = z.object({
  id: text,
  hostId: text,
  name: text,
  kind: z.enum(['managed', 'bridge', 'host', 'none', 'other']),
  subnets: z.array(cidr),
  internal: z.boolean(),
  device: z.string().nullable(),
});

const healthCheck = z.object({
  port,
  requestLine: z.string().nullable(),
  intervalMs: count,
  responseTimeoutMs: count,
  healthyThreshold: count,
  unhealthyThreshold: count,
  initializingTimeoutMs: count.nullable(),
  reinitializingTimeoutMs: count.nullable(),
  strategy: z.enum(['none', 'recreate', 'recreateOnQuorum']),
  recreateOnQuorum: count.nullable(),
});

const portRule = z.object({
  sourcePort: port.nullable(),
  protocol: z.enum(['http', 'https', 'tcp', 'tls', 'sni', 'udp']).nullable(),
  path: z.string().nullable(),
  hostname: z.string().nullable(),
  service: z.string().nullable(),
  targetPort: port.nullable(),
  priority: z.number().nullable(),
  backendName: z.string().nullable(),
  selector: z.string().nullable(),
  weight: z.number(),
});

const stickiness = z.object({
  name: z.string().nullable(),
  cookie: z.string().nullable(),
  domain: z.string().nullable(),
  indirect: z.boolean(),
  nocache: z.boolean(),
  postonly: z.boolean(),
  mode: z.string().nullable(),
});

const lbConfig: z.ZodType<LoadBalancerConfig> = z.object({
  certs: z.array(z.string()),
  defaultCert: z.string().nullable(),
  config: z.string().nullable(),
  stickinessPolicy: stickiness.nullable(),
  portRules: z.array(portRule),
});

export const declarationSchema: z.ZodType<ServiceDeclaration> = z.object({
  stack: text,
  name: text,
  kind: z.enum(['service', 'externalService', 'dnsService', 'loadBalancerService']),
  externalIps: z.array(ip),
  hostname: z.string().nullable(),
  links: z.array(z.object({ target: text, alias: z.string() })),
  sidekicks: z.array(z.string()),
  healthCheck: healthCheck.nullable(),
  lbConfig: lbConfig.nullable(),
  labels,
  metadata: jsonMap,
  scale: z.number().nullable(),
  ports: z.array(z.string()),
  expose: z.array(z.string()),
  vip: z.string().nullable(),
  options: tree,
});

export const livenessSchema: z.ZodType<Liveness> = z.object({
  state: z.enum(['suspect', 'down']),
  incarnation: z.number(),
  by: z.string(),
});

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isJsonMap(text: string): boolean {
  if (text === '{}') return true;
  try {
    const value = JSON.parse(text) as JsonObject;
    return isObject(value) && isShallow(value);
  } catch {
    return false;
  }
}

function isCidr(value: string): boolean {
  const [start = '', length = '', ...rest] = value.split('/');
  const family = isIP(start);
  return family !== 0 && rest.length === 0 && /^\d{1,3}$/.test(length) && Number(length) <= (family === 4 ? 32 : 128);
}
