import {
  type LoadBalancerConfig,
  NO_BALANCER_OPTIONS,
  NO_RULE_OPTIONS,
  type PortRule,
  type SchemaFault,
  type ServiceKind,
} from '../../../model/index.ts';
import { parseLink } from './links.ts';
import type { LbKeys, RuleKeys } from './service-schema.ts';

interface Owner {
  readonly stack: string;
  readonly kind: ServiceKind;
}

/** The port on which every HAProxy of Rancher answered health checks of the load balancer itself. */
const RESERVED_PORT = 42;

/** Converts `lb_config` into its model form. Targets without a stack are in the declaring stack. */
export function convertLbConfig(
  keys: LbKeys,
  owner: Owner,
): { readonly config: LoadBalancerConfig; readonly faults: readonly SchemaFault[] } {
  const rules = keys.port_rules ?? [];
  const policy = keys.stickiness_policy;
  return {
    config: {
      certs: keys.certs ?? [],
      defaultCert: keys.default_cert || null,
      config: keys.config || null,
      stickinessPolicy: policy && {
        ...policy,
        indirect: policy.indirect ?? false,
        nocache: policy.nocache ?? false,
        postonly: policy.postonly ?? false,
      },
      portRules: rules.map((rule) => convertRule(rule, owner)),
      options: NO_BALANCER_OPTIONS,
      sinceMs: null,
    },
    faults: rules.flatMap((rule, index) =>
      ruleFaults(rule, owner).map((fault) => ({ ...fault, path: ['lb_config', 'port_rules', index, ...fault.path] })),
    ),
  };
}

function convertRule(rule: RuleKeys, { stack, kind }: Owner): PortRule {
  const target = rule.service ? parseLink(rule.service, stack) : null;
  return {
    sourcePort: rule.source_port,
    protocol: rule.protocol ?? (kind === 'loadBalancerService' ? 'http' : null),
    path: rule.path || null,
    pathMatch: 'prefix',
    hostname: rule.hostname || null,
    service: target?.ok ? target.value.target : null,
    container: null,
    targetPort: rule.target_port,
    priority: rule.priority,
    backendName: rule.backend_name || null,
    selector: rule.selector || null,
    weight: rule.weight ?? 1,
    options: NO_RULE_OPTIONS,
  };
}

function ruleFaults(rule: RuleKeys, { stack, kind }: Owner): readonly SchemaFault[] {
  const faults: SchemaFault[] = [];
  if (rule.source_port === RESERVED_PORT) {
    faults.push({ path: ['source_port'], what: `is ${RESERVED_PORT}, which is reserved`, hint: 'use another port' });
  }
  if (rule.service) {
    const target = parseLink(rule.service, stack);
    if (!target.ok) faults.push({ path: ['service'], ...target.problem });
  }
  for (const key of ['region', 'environment'] as const) {
    if (rule[key]) faults.push({ path: [key], what: 'is not supported', hint: 'name a service of this environment' });
  }
  if (kind === 'loadBalancerService' && Boolean(rule.service) === Boolean(rule.selector)) {
    faults.push({ path: [], what: 'needs either a service or a selector', hint: 'name one of the two' });
  }
  return faults;
}
