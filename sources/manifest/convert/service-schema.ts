import { z } from 'zod';
import {
  type ExactJson,
  formatExactJson,
  MAX_TTL_SECONDS,
  MAX_WEIGHT,
  parseAddress,
  type Result,
} from '../../../model/index.ts';
import { labelsOf, linksOf, portText } from '../files/merge.ts';
import { HEALTH_CHECK_KEYS, healthCheckSchema } from './health-check.ts';

/** A text with a parser of its own, whose problems are shown to the user. */
function parsed<T>(parse: (text: string) => Result<T>) {
  return z.preprocess(
    scalarText,
    z.string().transform((text, context) => {
      const result = parse(text);
      if (result.ok) return result.value;
      const { what, hint } = result.problem;
      context.addIssue({ code: 'custom', message: `(${JSON.stringify(text)}) ${what}`, params: { hint } });
      return z.NEVER;
    }),
  );
}

/** Whole numbers, also as text, because variables and quotes give text. */
const whole = (minimum: number, maximum: number) =>
  z.preprocess(
    (value) => (typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : value),
    z.int().min(minimum).max(maximum),
  );
/** Also in the words of YAML 1.1, which Rancher reads. */
const flag = () =>
  z.preprocess((value) => {
    const isText = typeof value === 'string';
    if (isText && /^(y|yes|on|true)$/i.test(value)) return true;
    return isText && /^(n|no|off|false)$/i.test(value) ? false : value;
  }, z.boolean());
/** Texts that may be written without quotes: `80`, `true`. */
const text = () => z.preprocess(scalarText, z.string());
const optional = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? null);
/** A number, or empty: a variable without a value. */
const optionalWhole = (minimum: number, maximum: number) =>
  z.preprocess((value) => (value === '' ? null : value), optional(whole(minimum, maximum)));
/** Programs in Go write 0 and "" for values that are not set. */
const optionalInGo = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === 0 || value === '0' || value === '' ? null : value), optional(schema));
/** A single value counts as a list of one. */
const listOf = <T extends z.ZodType>(item: T) =>
  z.preprocess((value) => (value === null || Array.isArray(value) ? (value ?? []) : [value]), z.array(item));

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

const PORT = { minimum: 1, maximum: 65_535 } as const;
const MAX_MS = 86_400_000;

const portRuleSchema = z.strictObject({
  source_port: optionalInGo(whole(PORT.minimum, PORT.maximum)),
  protocol: optionalInGo(z.preprocess(lowerCase, z.enum(['http', 'https', 'tcp', 'tls', 'sni', 'udp']))),
  path: optional(text()),
  hostname: optional(text()),
  service: optional(text()),
  target_port: optionalInGo(whole(PORT.minimum, PORT.maximum)),
  priority: optionalInGo(whole(1, 1_000_000)),
  backend_name: optional(text()),
  selector: optional(text()),
  weight: optionalWhole(0, 256),
  region: optional(text()),
  environment: optional(text()),
});

const stickinessSchema = z.strictObject({
  name: optional(text()),
  cookie: optional(text()),
  domain: optional(text()),
  indirect: optional(flag()),
  nocache: optional(flag()),
  postonly: optional(flag()),
  mode: optional(text()),
});

const lbConfigSchema = z.strictObject({
  certs: optional(listOf(text())),
  default_cert: optional(text()),
  config: optional(text()),
  stickiness_policy: optional(stickinessSchema),
  port_rules: optional(listOf(portRuleSchema)),
});

/** Of load balancers up to Rancher 1.1. It has other keys, which rancher-compose never read. */
const oldLbConfigSchema = z.object({
  haproxy_config: optional(z.object({ global: optional(text()), defaults: optional(text()) })),
  lb_cookie_stickiness_policy: optional(stickinessSchema),
});

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
  drain_timeout_ms: optionalWhole(0, MAX_MS),
  answers: optional(z.enum(['all', 'one', 'started'])),
  weight: optionalWhole(0, MAX_WEIGHT),
  dns: optional(dnsOptionsSchema),
});

/** A service's keys after validation, with the names in the file. */
export type ServiceKeys = z.output<typeof serviceSchema>;
/** The configuration of a load balancer after validation. */
export type LbKeys = z.output<typeof lbConfigSchema>;
/** A rule of a load balancer after validation. */
export type RuleKeys = z.output<typeof portRuleSchema>;

const NESTED: Readonly<Record<string, readonly string[]>> = {
  health_check: HEALTH_CHECK_KEYS,
  recreate_on_quorum_strategy_config: ['quorum'],
  lb_config: Object.keys(lbConfigSchema.shape),
  port_rules: Object.keys(portRuleSchema.shape),
  stickiness_policy: Object.keys(stickinessSchema.shape),
  lb_cookie_stickiness_policy: Object.keys(stickinessSchema.shape),
  dns: Object.keys(dnsOptionsSchema.shape),
};

/** The keys that may stand at a path below a service. */
export function nestedKeys(path: readonly (string | number)[]): readonly string[] {
  return NESTED[path.findLast((part) => typeof part === 'string') ?? ''] ?? [];
}

function scalarText(value: unknown): unknown {
  return ['number', 'bigint', 'boolean'].includes(typeof value) ? String(value) : value;
}

function lowerCase(value: unknown): unknown {
  return typeof value === 'string' ? value.toLowerCase() : value;
}
