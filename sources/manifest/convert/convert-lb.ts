import {
  type LoadBalancerConfig,
  PATH_MATCHES,
  type PortRule,
  parseHostPattern,
  parsePathPattern,
  parseSelector,
  parseWord,
  RESERVED_PORT,
  type Result,
  readRuleOptions,
  type SchemaFault,
  type ServiceKind,
  type StickinessPolicy,
  stickinessFaults,
  UDP_PROBLEM,
} from '../../../model/index.ts';
import { balancerOptions } from './balancer-options.ts';
import type { LbKeys, RuleKeys } from './lb-schema.ts';
import { parseLink } from './links.ts';

interface Owner {
  readonly stack: string;
  readonly kind: ServiceKind;
  readonly labels: Readonly<Record<string, string>>;
  readonly drainTimeoutMs: number | null;
  /** Places of the rules as written, because rules that could not be read are not among `port_rules`; empty: all were read. `ports`: made of ports. */
  readonly places: readonly number[] | 'ports';
}

export interface ConvertedLb {
  readonly config: LoadBalancerConfig;
  /** They concern all rules. */
  readonly faults: readonly SchemaFault[];
  /** Each takes its rule away, and no other. */
  readonly ruleFaults: readonly RuleFault[];
  readonly notes: readonly SchemaFault[];
}

export interface RuleFault extends SchemaFault {
  /** Place of the rule as written, from 0. */
  readonly index: number;
}

/** Converts `lb_config` into its model form. Targets without a stack are in the declaring stack. */
export function convertLbConfig(keys: LbKeys, owner: Owner): ConvertedLb {
  const stickinessPolicy = convertPolicy(keys.stickiness_policy);
  const policyAt =
    owner.places === 'ports'
      ? ['load_balancer_config', 'lb_cookie_stickiness_policy']
      : ['lb_config', 'stickiness_policy'];
  const ofPolicy = stickinessPolicy ? stickinessFaults(stickinessPolicy) : [];
  const { options, faults } = balancerOptions({ ...owner, keys });
  const rules = (keys.port_rules ?? []).map((rule, at) => {
    const converted = convertRule(rule, owner);
    const index = owner.places === 'ports' ? at : (owner.places[at] ?? at);
    const placed = (fault: SchemaFault): SchemaFault =>
      owner.places === 'ports'
        ? ofPort(fault, rule)
        : { ...fault, path: ['lb_config', 'port_rules', index, ...fault.path] };
    return {
      index,
      rule: converted.rule,
      faults: converted.faults.map(placed),
      notes: unusedKeys(rule, owner.kind).map(placed),
    };
  });
  return {
    config: {
      certs: keys.certs ?? [],
      defaultCert: keys.default_cert || null,
      config: keys.config || null,
      stickinessPolicy,
      portRules: rules.flatMap((one) => (one.faults.length === 0 ? [one.rule] : [])),
      options,
      sinceMs: null,
    },
    faults: [...faults, ...ofPolicy.map(({ key, what, hint }) => ({ path: [...policyAt, key], what, hint }))],
    ruleFaults: rules.flatMap(({ index, faults: own }) => own.map((fault) => ({ ...fault, index }))),
    notes: rules.flatMap(({ notes }) => notes),
  };
}

function convertPolicy(policy: LbKeys['stickiness_policy']): StickinessPolicy | null {
  if (!policy) return null;
  const { indirect, nocache, postonly } = policy;
  return { ...policy, indirect: indirect ?? false, nocache: nocache ?? false, postonly: postonly ?? false };
}

/** The fault of a rule that is not in the file. */
function ofPort({ path, what, hint }: SchemaFault, { source_port: from, service, selector }: RuleKeys): SchemaFault {
  const target = service ?? `the selector ${selector}`;
  return { path: ['ports'], what: `${from} for ${target}: ${[...path, what].join(' ')}`, hint };
}

interface ConvertedRule {
  readonly rule: PortRule;
  readonly faults: readonly SchemaFault[];
}

function convertRule(rule: RuleKeys, { stack, kind }: Owner): ConvertedRule {
  const faults: SchemaFault[] = [];
  const check = <T>(key: keyof RuleKeys, parse: (text: string) => Result<T>): T | null => {
    const text = rule[key];
    const result = typeof text === 'string' && text !== '' ? parse(text) : null;
    if (result && !result.ok) faults.push({ path: [key], what: result.problem.what, hint: result.problem.hint });
    return result?.ok ? result.value : null;
  };
  const protocol = rule.protocol ?? (kind === 'loadBalancerService' ? 'http' : null);
  const pathMatch = check('path_match', (text) => parseWord(text, PATH_MATCHES)) ?? 'prefix';
  const target = check('service', (text) => parseLink(text, stack));
  check('hostname', parseHostPattern);
  check('path', (text) => parsePathPattern(text, pathMatch));
  check('selector', parseSelector);
  const { options, faults: optionFaults } = readRuleOptions(rule, protocol === null ? [] : [protocol]);
  faults.push(
    ...optionFaults.map(({ key, what, hint }) => ({ path: [key], what, hint })),
    ...contradictions(rule, kind, protocol),
  );
  return {
    rule: {
      sourcePort: rule.source_port,
      protocol,
      path: rule.path || null,
      pathMatch,
      hostname: rule.hostname || null,
      service: target?.target ?? null,
      container: rule.container || null,
      targetPort: rule.target_port,
      priority: rule.priority,
      backendName: rule.backend_name || null,
      selector: rule.selector || null,
      weight: rule.weight ?? 1,
      options,
    },
    faults,
  };
}

function contradictions(rule: RuleKeys, kind: ServiceKind, protocol: PortRule['protocol']): readonly SchemaFault[] {
  const faults: SchemaFault[] = [];
  const isBalancer = kind === 'loadBalancerService';
  if (rule.source_port === RESERVED_PORT) {
    faults.push({ path: ['source_port'], what: `is ${RESERVED_PORT}, which is reserved`, hint: 'use another port' });
  }
  if (protocol === 'udp') {
    const { what, hint } = UDP_PROBLEM.problem;
    faults.push({ path: ['protocol'], what, hint });
  }
  for (const key of ['region', 'environment'] as const) {
    if (rule[key]) faults.push({ path: [key], what: 'is not supported', hint: 'name a service of this environment' });
  }
  const targets = [rule.service, rule.selector, rule.container].filter(Boolean).length;
  if (isBalancer && targets !== 1) {
    faults.push({ path: [], what: 'needs either a service, a selector or a container', hint: 'name one of them' });
  }
  return faults;
}

const NO_PORT: SchemaFault = {
  path: [],
  what: 'has no effect: it has no source_port',
  hint: 'add the port on which clients connect',
};

/** As in Rancher, a rule without a port is ignored, and one that cannot see a host or a path ignores these. */
function unusedKeys(rule: RuleKeys, kind: ServiceKind): readonly SchemaFault[] {
  const { protocol, hostname, path } = rule;
  const isBlind = protocol === 'tcp' || protocol === 'tls';
  const hint = 'no action needed; remove it to avoid this note';
  const unused = (key: string) => ({ path: [key], what: `has no effect: the protocol is ${protocol}`, hint });
  return [
    ...(kind === 'loadBalancerService' && rule.source_port === null ? [NO_PORT] : []),
    ...(hostname && isBlind ? [unused('hostname')] : []),
    ...(path && (isBlind || protocol === 'sni') ? [unused('path')] : []),
  ];
}
