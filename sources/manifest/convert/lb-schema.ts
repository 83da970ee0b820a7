import { z } from 'zod';
import { RULE_OPTION_KEYS, type RuleOptionKey } from '../../../model/index.ts';
import {
  flag,
  listOf,
  lowerCase,
  milliseconds,
  optional,
  optionalInGo,
  optionalWhole,
  port,
  text,
  whole,
} from './fields.ts';

/** Read by the same rules as in labels. */
const options = Object.fromEntries(RULE_OPTION_KEYS.map((key) => [key, z.unknown().optional()])) as Record<
  RuleOptionKey,
  z.ZodOptional<z.ZodUnknown>
>;

const portRuleSchema = z.strictObject({
  source_port: optionalInGo(port()),
  protocol: optionalInGo(z.preprocess(lowerCase, z.enum(['http', 'https', 'tcp', 'tls', 'sni', 'udp']))),
  path: optional(text()),
  path_match: optional(text()),
  hostname: optional(text()),
  service: optional(text()),
  container: optional(text()),
  target_port: optionalInGo(port()),
  priority: optionalInGo(whole(1, 1_000_000)),
  backend_name: optional(text()),
  selector: optional(text()),
  weight: optionalWhole(0, 256),
  region: optional(text()),
  environment: optional(text()),
  ...options,
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

export const lbConfigSchema = z.strictObject({
  certs: optional(listOf(text())),
  default_cert: optional(text()),
  config: optional(text()),
  stickiness_policy: optional(stickinessSchema),
  port_rules: optional(listOf(portRuleSchema)),
  hosts: z.unknown().optional(),
  target: optional(text()),
  skip_target_lb_rules: optional(flag()),
  access_log: optional(flag()),
  error_page: optional(text()),
  drain_timeout_ms: milliseconds(),
});

/** Of load balancers up to Rancher 1.1. It has other keys, which rancher-compose never read. */
export const oldLbConfigSchema = z.object({
  haproxy_config: optional(z.object({ global: optional(text()), defaults: optional(text()) })),
  lb_cookie_stickiness_policy: optional(stickinessSchema),
});

/** The configuration of a load balancer after validation. */
export type LbKeys = z.output<typeof lbConfigSchema>;
/** A rule of a load balancer after validation. */
export type RuleKeys = z.output<typeof portRuleSchema>;

/** Without any key. */
export const NO_LB_KEYS: LbKeys = lbConfigSchema.parse({});
export const NO_RULE_KEYS: RuleKeys = portRuleSchema.parse({});

/** The keys below the keys of a load balancer. */
export const LB_NESTED_KEYS: Readonly<Record<string, readonly string[]>> = {
  lb_config: Object.keys(lbConfigSchema.shape),
  port_rules: Object.keys(portRuleSchema.shape),
  stickiness_policy: Object.keys(stickinessSchema.shape),
  lb_cookie_stickiness_policy: Object.keys(stickinessSchema.shape),
};
