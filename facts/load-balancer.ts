import { z } from 'zod';
import type { LoadBalancerConfig } from '../model/index.ts';
import { labels, port } from './fields.ts';

// Documents of earlier agents do not have the fields with a default.

const ruleOptions = z.object({
  proto: z.enum(['h1', 'h2', 'https']).default('h1'),
  redirectHttps: z.boolean().default(false),
  gzip: z.boolean().default(false),
  basicAuth: z.array(z.string()).default([]),
  maxBodyBytes: z.number().nullable().default(null),
  serverTimeoutMs: z.number().nullable().default(null),
  tunnelTimeoutMs: z.number().nullable().default(null),
  forwarded: z.boolean().default(false),
  sendProxy: z.enum(['v1', 'v2']).nullable().default(null),
  balance: z.enum(['roundrobin', 'leastconn', 'source']).nullable().default(null),
});

const balancerHosts = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('all') }),
  z.object({ kind: z.literal('names'), names: z.array(z.string()) }),
  z.object({ kind: z.literal('labels'), labels }),
]);

const balancerOptions = z.object({
  hosts: balancerHosts.default({ kind: 'all' }),
  target: z.enum(['any', 'only-local', 'prefer-local']).default('any'),
  skipTargetRules: z.boolean().default(false),
  accessLog: z.boolean().default(false),
  errorPage: z.string().nullable().default(null),
  drainTimeoutMs: z.number().nullable().default(null),
});

const portRule = z.object({
  number: z.number().optional(),
  sourcePort: port.nullable(),
  protocol: z.enum(['http', 'https', 'tcp', 'tls', 'sni', 'udp']).nullable(),
  path: z.string().nullable(),
  pathMatch: z.enum(['prefix', 'segment', 'exact', 'regex']).default('prefix'),
  hostname: z.string().nullable(),
  service: z.string().nullable(),
  container: z.string().nullable().default(null),
  targetPort: port.nullable(),
  priority: z.number().nullable(),
  backendName: z.string().nullable(),
  selector: z.string().nullable(),
  weight: z.number(),
  options: ruleOptions.prefault({}),
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

/** `lb_config` of a declared service. */
export const lbConfig: z.ZodType<LoadBalancerConfig> = z.object({
  certs: z.array(z.string()),
  defaultCert: z.string().nullable(),
  config: z.string().nullable(),
  stickinessPolicy: stickiness.nullable(),
  portRules: z.array(portRule),
  options: balancerOptions.prefault({}),
  sinceMs: z.number().nullable().default(null),
});
