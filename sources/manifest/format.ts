import { isDeepStrictEqual } from 'node:util';
import { Document, visit } from 'yaml';
import {
  type BalancerHosts,
  type BalancerOptions,
  type ExactJson,
  formatCommand,
  formatExactJson,
  formatRuleOptions,
  type HealthCheck,
  type LoadBalancerConfig,
  type PortRule,
  parseExactJson,
  type ServiceDeclaration,
} from '../../model/index.ts';
import { balancerOptions } from './convert/balancer-options.ts';
import { NO_LB_KEYS } from './convert/lb-schema.ts';

/** Formats declarations as native documents, one for each stack, which parse to equal declarations. Empty values are left out. */
export function formatDeclarations(declarations: readonly ServiceDeclaration[]): string {
  return documentsOf(declarations).map(asYaml).join('---\n');
}

/** The same as JSON: a list of documents, each of which is a manifest. All digits and the order of keys are kept. */
export function formatDeclarationsAsJson(declarations: readonly ServiceDeclaration[]): string {
  return formatExactJson(documentsOf(declarations) as unknown as ExactJson);
}

interface StackDocument {
  readonly stack: string;
  readonly services: Readonly<Record<string, Record<string, unknown>>>;
}

function documentsOf(declarations: readonly ServiceDeclaration[]): readonly StackDocument[] {
  const stacks = Map.groupBy(declarations, ({ stack }) => stack);
  return [...stacks]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([stack, members]) => {
      const sorted = members.toSorted((a, b) => (a.name < b.name ? -1 : 1));
      return { stack, services: Object.fromEntries(sorted.map((one) => [one.name, compact(keysOf(one))])) };
    });
}

function asYaml(stackDocument: StackDocument): string {
  const document = new Document(stackDocument, { aliasDuplicateObjects: false });
  visit(document, {
    Scalar: (position, scalar) => {
      // A plain key would be read as a merge.
      if (position === 'key' && scalar.value === '<<') scalar.type = 'QUOTE_DOUBLE';
    },
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
    lb_config: one.lbConfig && compact(lbKeys(one, one.lbConfig)),
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
    port: check.exec ? null : check.port,
    request_line: check.requestLine,
    expected_status: check.expectedStatus,
    exec: check.exec && formatCommand(check.exec),
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

function lbKeys({ kind, labels, options }: ServiceDeclaration, config: LoadBalancerConfig): Record<string, unknown> {
  // Those of other services say nothing about load balancers.
  const own =
    kind === 'loadBalancerService' ? { labels, drain: options.drain_timeout_ms } : { labels: {}, drain: null };
  return {
    certs: config.certs,
    default_cert: config.defaultCert,
    config: config.config,
    // without a single key it is still a policy
    stickiness_policy: config.stickinessPolicy,
    port_rules: config.portRules.map((rule) => compact(ruleKeys(rule))),
    ...balancerKeys(config.options, own.labels, own.drain),
  };
}

/** The options of a balancer that do not follow from its labels and its `drain_timeout_ms`. */
function balancerKeys(
  options: BalancerOptions,
  labels: ServiceDeclaration['labels'],
  drainTimeoutMs: unknown,
): Record<string, unknown> {
  const { hosts, target, skipTargetRules } = options;
  const { options: given } = balancerOptions({ keys: NO_LB_KEYS, labels, drainTimeoutMs: null });
  return {
    hosts: isDeepStrictEqual(hosts, given.hosts) ? null : hostsKey(hosts),
    target: target === given.target ? null : target,
    skip_target_lb_rules: skipTargetRules === given.skipTargetRules ? null : skipTargetRules,
    access_log: options.accessLog || null,
    error_page: options.errorPage,
    drain_timeout_ms: options.drainTimeoutMs === drainTimeoutMs ? null : options.drainTimeoutMs,
  };
}

function hostsKey(hosts: BalancerHosts): unknown {
  if (hosts.kind === 'all') return 'all';
  return hosts.kind === 'names' ? hosts.names : hosts.labels;
}

function ruleKeys(rule: PortRule): Record<string, unknown> {
  return {
    source_port: rule.sourcePort,
    protocol: rule.protocol,
    hostname: rule.hostname,
    path: rule.path,
    path_match: rule.pathMatch === 'prefix' ? null : rule.pathMatch,
    priority: rule.priority,
    service: rule.service,
    selector: rule.selector,
    container: rule.container,
    target_port: rule.targetPort,
    backend_name: rule.backendName,
    weight: rule.weight,
    ...formatRuleOptions(rule.options),
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
