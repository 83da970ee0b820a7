import { z } from 'zod';
import { isJsonObject, type JsonValue, type ServiceDeclaration } from '../model/index.ts';
import type { DocumentDraft } from './document-draft.ts';
import { count, ip, jsonMap, labels, port, text, tree } from './fields.ts';
import { defineKind } from './kind.ts';
import { lbConfig } from './load-balancer.ts';

const healthCheck = z.object({
  port,
  requestLine: z.string().nullable(),
  // Documents of earlier agents do not have these two.
  expectedStatus: z.string().nullable().default(null),
  exec: z.array(z.string()).nullable().default(null),
  intervalMs: count,
  responseTimeoutMs: count,
  healthyThreshold: count,
  unhealthyThreshold: count,
  initializingTimeoutMs: count.nullable(),
  reinitializingTimeoutMs: count.nullable(),
  strategy: z.enum(['none', 'recreate', 'recreateOnQuorum']),
  recreateOnQuorum: count.nullable(),
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

/** Document `service/<stack>/<name>`, in lower case: what an operator declared. */
export const declarationKind = defineKind<ServiceDeclaration, DocumentDraft>({
  name: 'service',
  idSegments: 2,
  schema: declarationSchema,
  subjectOf: ({ stack, name }) => ({ id: `${stack}/${name}`.toLowerCase() }),
  set: ({ declarations }, id, declaration) => declarations.set(id, declaration),
  remove: ({ declarations }, id) => declarations.delete(id),
  forRole: (role, value) => (role === 'dns' ? withoutMetadata(value) : value),
});

function withoutMetadata(value: JsonValue): JsonValue {
  const isLarger = isJsonObject(value) && typeof value.metadata === 'string' && value.metadata !== '{}';
  return isLarger ? { ...value, metadata: '{}' } : value;
}
