import { Document, isScalar, visit } from 'yaml';
import {
  type HealthCheck,
  type LoadBalancerConfig,
  type PortRule,
  parseExactJson,
  type ServiceDeclaration,
} from '../../model/index.ts';

/** Formats a declaration as a native document that parses to an equal declaration; empty values are left out. */
export function formatDeclaration(declaration: ServiceDeclaration): string {
  const keys = compact(keysOf(declaration));
  const document = new Document(
    { stack: declaration.stack, services: { [declaration.name]: keys } },
    { aliasDuplicateObjects: false },
  );
  visit(document, {
    // plain, it would be read as a merge
    Pair: (_, { key }) => void (isScalar(key) && key.value === '<<' && Object.assign(key, { type: 'QUOTE_DOUBLE' })),
  });
  return document.toString({ lineWidth: 120 });
}

function keysOf(one: ServiceDeclaration): Record<string, unknown> {
  return {
    kind: one.kind,
    external_ips: one.externalIps,
    hostname: one.hostname,
    [one.kind === 'dnsService' ? 'alias_of' : 'links']: one.links.map(({ target, alias }) => `${target}:${alias}`),
    sidekicks: one.sidekicks,
    health_check: one.healthCheck && compact(healthCheckKeys(one.healthCheck)),
    lb_config: one.lbConfig && compact(lbKeys(one.lbConfig)),
    labels: one.labels,
    metadata: one.metadata === '{}' ? null : parseExactJson(one.metadata),
    scale: one.scale,
    ports: one.ports,
    expose: one.expose,
    vip: one.vip,
    ...one.options,
  };
}

function healthCheckKeys(check: HealthCheck): Record<string, unknown> {
  return {
    port: check.port,
    request_line: check.requestLine,
    interval: check.intervalMs,
    response_timeout: check.responseTimeoutMs,
    healthy_threshold: check.healthyThreshold,
    unhealthy_threshold: check.unhealthyThreshold,
    initializing_timeout: check.initializingTimeoutMs,
    reinitializing_timeout: check.reinitializingTimeoutMs,
    strategy: check.strategy,
    recreate_on_quorum_strategy_config: check.recreateOnQuorum === null ? null : { quorum: check.recreateOnQuorum },
  };
}

function lbKeys(config: LoadBalancerConfig): Record<string, unknown> {
  return {
    certs: config.certs,
    default_cert: config.defaultCert,
    config: config.config,
    // without a single key it is still a policy
    stickiness_policy: config.stickinessPolicy,
    port_rules: config.portRules.map((rule) => compact(ruleKeys(rule))),
  };
}

function ruleKeys(rule: PortRule): Record<string, unknown> {
  return {
    source_port: rule.sourcePort,
    protocol: rule.protocol,
    hostname: rule.hostname,
    path: rule.path,
    priority: rule.priority,
    service: rule.service,
    selector: rule.selector,
    target_port: rule.targetPort,
    backend_name: rule.backendName,
    weight: rule.weight,
  };
}

function compact(keys: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(keys).filter(([key, value]) => !isEmpty(value) || key === 'stickiness_policy'),
  );
}

function isEmpty(value: unknown): boolean {
  if (value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  if (value instanceof Map) return value.size === 0;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
