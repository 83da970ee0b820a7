import {
  type ListenerProtocol,
  type LoadBalancerConfig,
  matchesSelector,
  ok,
  type PortRule,
  parseHostPattern,
  parsePathPattern,
  parseSelector,
} from '../../model/index.ts';
import { type BackendPart, type Claim, type Claims, joinClaims, ruleProblem } from './claim.ts';
import { ownOptions } from './own-options.ts';
import type { RuleProblem } from './rule-problem.ts';
import type { Source } from './source.ts';

/** The claims of a declared balancer. `all`: the services among which its selectors choose, sorted. */
export function balancerClaims(balancer: Source, all: readonly Source[]): Claims {
  const config = balancer.declaration?.lbConfig;
  if (!config) return joinClaims([]);
  const each = config.portRules.map((rule, at): Claims => {
    const given = { balancer, config, rule, name: `${balancer.key}#${rule.number ?? at + 1}`, target: targetOf(rule) };
    return rule.selector === null ? claimsOf(given) : selectorClaims(given, all);
  });
  return joinClaims(each);
}

/** The selectors of a balancer that are valid. */
export function selectorsOf({ declaration }: Source) {
  return (declaration?.lbConfig?.portRules ?? []).flatMap(({ selector }) => {
    const parsed = selector === null ? null : parseSelector(selector);
    return parsed?.ok ? [parsed.value] : [];
  });
}

interface Given {
  readonly balancer: Source;
  readonly config: LoadBalancerConfig;
  readonly rule: PortRule;
  /** Of the rule. */
  readonly name: string;
  readonly target: BackendPart['target'] | null;
}

function targetOf({ service, container }: PortRule): Given['target'] {
  if (service !== null) return { kind: 'service', name: service };
  return container === null ? null : { kind: 'container', name: container };
}

function claimsOf(given: Given): Claims {
  const claim = claimOf(given);
  return 'what' in claim ? { claims: [], problems: [claim] } : { claims: [claim], problems: [] };
}

function claimOf({ balancer, config, rule, name, target }: Given): Claim | RuleProblem {
  const of = { rule: name, balancer: balancer.key };
  const protocol = rule.protocol ?? 'http';
  if (rule.sourcePort === null) return ruleProblem(of, 'has no source port', 'add source_port');
  if (protocol === 'udp')
    return ruleProblem(of, 'is for udp, which is not supported yet', 'use tcp, or remove the rule');
  if (!target) return ruleProblem(of, 'has no target', 'add a service, a container or a selector');
  const host = hasHost(protocol) ? parseHostPattern(rule.hostname ?? '') : ok(null);
  if (!host.ok) return ruleProblem(of, `has a hostname that ${host.problem.what}`, host.problem.hint);
  const path = isHttp(protocol) ? parsePathPattern(rule.path ?? '', rule.pathMatch) : ok(null);
  if (!path.ok) return ruleProblem(of, `has a path that ${path.problem.what}`, path.problem.hint);
  return {
    port: rule.sourcePort,
    protocol,
    host: host.value,
    path: path.value,
    priority: rule.priority,
    balancer: balancer.key,
    backendName: rule.backendName,
    options: rule.options,
    stickiness: isHttp(protocol) && config.stickinessPolicy?.mode ? config.stickinessPolicy : null,
    drainTimeoutMs: config.options.drainTimeoutMs,
    part: { ...of, target, port: rule.targetPort, weight: rule.weight, from: config.options.target },
  };
}

function hasHost(protocol: ListenerProtocol): boolean {
  return isHttp(protocol) || protocol === 'sni';
}

function isHttp(protocol: ListenerProtocol): boolean {
  return protocol === 'http' || protocol === 'https';
}

function selectorClaims(given: Given, all: readonly Source[]): Claims {
  const { balancer, rule, name } = given;
  const of = { rule: name, balancer: balancer.key };
  const selector = parseSelector(rule.selector ?? '');
  if (!selector.ok) {
    return {
      claims: [],
      problems: [ruleProblem(of, `has a selector that ${selector.problem.what}`, selector.problem.hint)],
    };
  }
  const selected = all.filter(
    ({ key, target, labels }) =>
      target.kind === 'service' && key !== balancer.key && matchesSelector(selector.value, labels),
  );
  if (selected.length === 0) {
    const what = `has no target: no service has labels that match ${JSON.stringify(rule.selector)}`;
    return { claims: [], problems: [ruleProblem(of, what, 'start one, or correct the selector')] };
  }
  return joinClaims(selected.map((source) => selectedClaims({ ...given, rule: { ...rule, priority: null } }, source)));
}

/**
 * The rule for one selected service: once for each rule that the service declares for it, else as it is. The rules of a selected
 * balancer have targets of their own.
 */
function selectedClaims(given: Given, { key, isBalancer, declaration }: Source): Claims {
  const { rule, config } = given;
  const name = `${given.name}:${key}`;
  const target = { kind: 'service', name: key } as const;
  const own = (declaration?.lbConfig?.portRules ?? []).filter((one) => isBalancer || one.sourcePort === null);
  if (own.length === 0 && rule.targetPort === null) {
    const of = { rule: given.name, balancer: given.balancer.key };
    const what = `has no target port for ${key}, which its selector matches`;
    return { claims: [], problems: [ruleProblem(of, what, `add target_port to the rule, or port_rules to ${key}`)] };
  }
  if (own.length === 0) return claimsOf({ ...given, name, target });
  const hidesHost = isBalancer && config.options.skipTargetRules;
  return joinClaims(
    own.map((one, at) =>
      claimsOf({
        ...given,
        name: own.length === 1 ? name : `${name}#${at + 1}`,
        target: isBalancer ? targetOf(one) : target,
        rule: {
          ...rule,
          hostname: hidesHost ? null : one.hostname,
          path: hidesHost ? null : one.path,
          pathMatch: one.pathMatch,
          targetPort: one.targetPort ?? rule.targetPort,
          backendName: one.backendName,
          options: ownOptions(rule.options, one.options),
        },
      }),
    ),
  );
}
