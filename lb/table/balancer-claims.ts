import type { BalancerHosts, Host, ListenerProtocol, LoadBalancerConfig, PortRule } from '../../model/index.ts';
import { type Claim, type Claims, ruleProblem } from './claim.ts';
import { parseHostPattern, parsePathPattern } from './patterns.ts';
import type { RuleProblem } from './rule-problem.ts';
import type { Source } from './source.ts';

/** Whether a host runs a balancer. Null: the host is not known yet. */
export function runsOn(hosts: BalancerHosts, host: Pick<Host, 'id' | 'name' | 'labels'> | null): boolean {
  switch (hosts.kind) {
    case 'all':
      return true;
    case 'names': {
      const own = [host?.name.toLowerCase(), host?.id.toLowerCase()];
      return hosts.names.some((name) => own.includes(name.toLowerCase()));
    }
    case 'labels':
      return host !== null && Object.entries(hosts.labels).every(([label, value]) => host.labels[label] === value);
  }
}

/** The claims of a declared balancer. */
export function balancerClaims(source: Source): Claims {
  const config = source.declaration?.lbConfig;
  const claims: Claim[] = [];
  const problems: RuleProblem[] = [];
  for (const [at, rule] of (config?.portRules ?? []).entries()) {
    const name = `${source.key}#${at + 1}`;
    const claim = config && claimOf({ source, config, rule, name });
    if (!claim) continue;
    if ('what' in claim) problems.push(claim);
    else claims.push(claim);
  }
  return { claims, problems };
}

interface Given {
  readonly source: Source;
  readonly config: LoadBalancerConfig;
  readonly rule: PortRule;
  readonly name: string;
}

function claimOf({ source, config, rule, name }: Given): Claim | RuleProblem {
  const of = { rule: name, balancer: source.key };
  const { sourcePort, container, service, options, backendName, priority } = rule;
  const protocol = rule.protocol ?? 'http';
  if (sourcePort === null) return ruleProblem(of, 'has no source port', 'Add `source_port`.');
  if (protocol === 'udp') return ruleProblem(of, 'UDP is not supported', 'Use tcp, or remove the rule.');
  const target = targetOf(service, container);
  if (!target) return ruleProblem(of, 'has no target', 'Name a service, a container or a selector.');
  const host = parseHostPattern(hasHost(protocol) ? rule.hostname : null);
  if (!host.ok) return ruleProblem(of, host.problem.what, host.problem.hint);
  const path = parsePathPattern(isHttp(protocol) ? rule.path : null, rule.pathMatch);
  if (!path.ok) return ruleProblem(of, path.problem.what, path.problem.hint);
  return {
    port: sourcePort,
    protocol,
    host: host.value,
    path: path.value,
    priority,
    balancer: source.key,
    backendName,
    options,
    stickiness: isHttp(protocol) && config.stickinessPolicy?.mode ? config.stickinessPolicy : null,
    drainTimeoutMs: config.options.drainTimeoutMs,
    part: { ...of, target, port: rule.targetPort, weight: rule.weight, from: config.options.target },
  };
}

function targetOf(service: string | null, container: string | null): Claim['part']['target'] | null {
  if (service !== null) return { kind: 'service', name: service };
  return container === null ? null : { kind: 'container', name: container };
}

export function isHttp(protocol: ListenerProtocol): boolean {
  return protocol === 'http' || protocol === 'https';
}

export function hasHost(protocol: ListenerProtocol): boolean {
  return isHttp(protocol) || protocol === 'sni';
}
