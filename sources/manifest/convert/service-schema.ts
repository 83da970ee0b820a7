import { z } from 'zod';
import { type ExactJson, formatExactJson, MAX_TTL_SECONDS, MAX_WEIGHT, parseAddress } from '../../../model/index.ts';
import { labelsOf, linksOf, portText } from '../files/merge.ts';
import { listOf, milliseconds, optional, optionalWhole, parsed, scalarText, text } from './fields.ts';
import { HEALTH_CHECK_KEYS, healthCheckSchema } from './health-check.ts';
import { LB_NESTED_KEYS, lbConfigSchema, oldLbConfigSchema } from './lb-schema.ts';

/** Any tree, kept as text so that nothing is lost. */
const injected = () =>
  z
    .custom<Exclude<ExactJson, string>>((value) => typeof value === 'object' && !Array.isArray(value), {
      message: 'is not a map of keys and values',
      params: { hint: 'write a map of keys and values' },
    })
    .transform((value, context) => {
      const json = formatExactJson(value);
      const sizeBytes = Buffer.byteLength(json);
      if (sizeBytes <= MAX_METADATA_BYTES) return json;
      const message = `has ${Math.ceil(sizeBytes / 1024)} kB, more than the ${MAX_METADATA_BYTES / 1024} kB that are served`;
      context.addIssue({ code: 'custom', message, params: { hint: 'remove the parts that no container reads' } });
      return z.NEVER;
    });
/** Limit for the metadata of one service, as JSON. */
const MAX_METADATA_BYTES = 256 * 1024;

const dnsOptionsSchema = z.strictObject({
  ttl: optionalWhole(0, MAX_TTL_SECONDS),
  prefer: optional(z.enum(['local', 'none'])),
  txt: optional(listOf(text())),
});

const linksSchema = z.preprocess(linksOf, listOf(text()));

const portSchema = z.preprocess(portText, z.string());

/** List (`- key=value`) and map form. */
const labelsSchema = z.preprocess(
  labelsOf,
  z.record(
    z.string(),
    z.preprocess((value) => (value === null ? '' : scalarText(value)), z.string()),
  ),
);

/** The keys that Drover reads, in all notations; all are optional. */
export const serviceSchema = z.object({
  kind: z.enum(['service', 'externalService', 'dnsService', 'loadBalancerService']).optional(),
  image: optional(text()),
  external_ips: optional(listOf(parsed(parseAddress))),
  hostname: optional(text()),
  alias_of: optional(linksSchema),
  links: optional(linksSchema),
  service_links: optional(linksSchema),
  external_links: optional(linksSchema),
  sidekicks: optional(listOf(text())),
  health_check: optional(healthCheckSchema),
  lb_config: optional(lbConfigSchema),
  lb: optional(z.unknown()),
  certs: optional(listOf(text())),
  default_cert: optional(text()),
  load_balancer_config: optional(oldLbConfigSchema),
  labels: optional(labelsSchema),
  metadata: optional(injected()),
  metadata_file: optional(text()),
  scale: optionalWhole(0, 1_000_000),
  ports: optional(listOf(portSchema)),
  expose: optional(listOf(text())),
  vip: optional(parsed(parseAddress)),
  drain_timeout_ms: milliseconds(),
  answers: optional(z.enum(['all', 'one', 'started'])),
  weight: optionalWhole(0, MAX_WEIGHT),
  dns: optional(dnsOptionsSchema),
});

/** A service's keys after validation, with the names in the file. */
export type ServiceKeys = z.output<typeof serviceSchema>;

const NESTED: Readonly<Record<string, readonly string[]>> = {
  health_check: HEALTH_CHECK_KEYS,
  recreate_on_quorum_strategy_config: ['quorum'],
  ...LB_NESTED_KEYS,
  dns: Object.keys(dnsOptionsSchema.shape),
};

/** The keys that may stand at a path below a service. */
export function nestedKeys(path: readonly (string | number)[]): readonly string[] {
  return NESTED[path.findLast((part) => typeof part === 'string') ?? ''] ?? [];
}
