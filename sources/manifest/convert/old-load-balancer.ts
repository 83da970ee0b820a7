import { ok, problem, type Result, type SchemaFault } from '../../../model/index.ts';
import { NO_RULE_KEYS, type RuleKeys } from './lb-schema.ts';
import { parseAll, placedList, placedParts } from './placed.ts';
import type { ServiceKeys } from './service-schema.ts';

/** What a load balancer of Rancher up to 1.1 says with ports, links and labels, in the form of one with rules. */
export interface OldLoadBalancer {
  readonly rules: readonly RuleKeys[];
  /** HAProxy configuration. */
  readonly config: string;
  /** Values that cannot be converted. */
  readonly faults: readonly SchemaFault[];
  /** Labels that match no link and no port, and therefore have no effect. */
  readonly unused: readonly string[];
}

const PREFIX = 'io.rancher.loadbalancer.';
const TARGET = `${PREFIX}target.`;
const SSL_PORTS = `${PREFIX}ssl.ports`;
const SELECTOR = 'io.rancher.service.selector.link';

/**
 * Converts it as rancher-compose 0.12 does: one rule for each port and target, then for each port and selector, rewritten by the
 * labels `io.rancher.loadbalancer.*`. `targets` are the services of its links: `web`, `stack/web`.
 */
export function convertOldLoadBalancer(keys: ServiceKeys, targets: readonly string[]): OldLoadBalancer {
  const faults: SchemaFault[] = [];
  const labels = keys.labels ?? {};
  const ports = [...placedList('ports', keys.ports), ...placedList('expose', keys.expose)];
  const listeners = parseAll(ports, parseListener, faults);
  const selector = labels[SELECTOR] || null;
  const base = [
    ...listeners.flatMap((listener) => targets.map((service) => ruleOf({ ...listener, service }))),
    ...(selector === null ? [] : listeners.map((listener) => ruleOf({ ...listener, selector }))),
  ];
  const rewritten = targets.reduce<readonly RuleKeys[]>(
    (rules, service) => rewrite(rules, service, parseAll(placedParts(labels, TARGET + service), parseTarget, faults)),
    base,
  );
  const sslPorts = parseAll(placedParts(labels, SSL_PORTS), parsePort, faults);
  const proxyPorts = parseAll(placedParts(labels, `${PREFIX}proxy-protocol.ports`), parsePort, faults);
  return {
    rules: rewritten.map((rule) => (sslPorts.includes(rule.source_port ?? 0) ? { ...rule, protocol: 'https' } : rule)),
    config: haproxyConfig(keys) + proxyPorts.map((port) => `\nfrontend ${port}\n    accept-proxy`).join(''),
    faults,
    unused: Object.keys(labels).filter(
      (name) =>
        (name.startsWith(TARGET) && !targets.includes(name.slice(TARGET.length))) ||
        (name === SSL_PORTS && !rewritten.some(({ source_port: port }) => sslPorts.includes(port ?? 0))),
    ),
  };
}

/** A port without its target: `8080:80/tcp` is `8080/tcp`. */
export function listeningPort(port: string): string {
  const parsed = parseListener(port);
  if (!parsed.ok) return port;
  return port.includes('/') ? `${parsed.value.source_port}/${parsed.value.protocol}` : `${parsed.value.source_port}`;
}

/** Whether a label describes rules of an old load balancer. Its containers do not get these labels. */
export function isRuleLabel(name: string): boolean {
  return name.startsWith(PREFIX) || name.startsWith('io.rancher.service.selector.');
}

type Listener = Pick<RuleKeys, 'source_port' | 'target_port' | 'protocol'>;

/** `80`, `8080:80`, `10.0.0.1:8080:80`, each with or without `/tcp`; the protocol is http. */
function parseListener(text: string): Result<Listener> {
  const [, ports = '', protocol = 'http'] = /^([^/]*)(?:\/(https?|tcp|tls|sni|udp))?$/.exec(text) ?? [];
  const [target, source = target] = ports.split(':').reverse();
  const [left, right] = [parsePort(source ?? ''), parsePort(target ?? '')];
  if (left.ok && right.ok) {
    return ok({ source_port: left.value, target_port: right.value, protocol: protocol as Listener['protocol'] });
  }
  return problem(
    text,
    `(${JSON.stringify(text)}) is not a port of a load balancer`,
    'write it like 80, 80:8080 or 80/tcp',
  );
}

function parsePort(text: string): Result<number> {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return ok(port);
  return problem(text, `(${JSON.stringify(text)}) is not a port`, 'use a number between 1 and 65535');
}

interface Override {
  readonly hostname: string | null;
  /** Null: it applies to all ports. */
  readonly source: number | null;
  readonly path: string | null;
  readonly target: number | null;
}

const HOST_SOURCE_PATH_TARGET = /^([^\d/:=][^/:=]*)?(?::?(\d{1,5}))?(\/[^=]*)?(?:=(\d{1,5}))?$/;

/** `host:80/path=81` with any part left out. A port alone is the target's. */
function parseTarget(text: string): Result<Override> {
  const match = HOST_SOURCE_PATH_TARGET.exec(text);
  if (!match) {
    const hint = 'write it like example.com:80/path=8080; a host name must not begin with a digit';
    return problem(text, `(${JSON.stringify(text)}) is not a target of a load balancer`, hint);
  }
  const [, hostname = null, source, path = null, target] = match;
  const first = source === undefined ? null : Number(source);
  if (hostname === null && path === null && target === undefined)
    return ok({ hostname, source: null, path, target: first });
  return ok({ hostname, source: first, path, target: target === undefined ? null : Number(target) });
}

/** Each override replaces the rules of its service and port. A rule without an override stays. */
function rewrite(rules: readonly RuleKeys[], service: string, overrides: readonly Override[]): readonly RuleKeys[] {
  return rules.flatMap((rule) => {
    const matching = overrides.filter(({ source }) => source === null || source === rule.source_port);
    if (rule.service !== service || matching.length === 0) return [rule];
    return matching.map(({ hostname, path, target }) => ({
      ...rule,
      hostname,
      path,
      target_port: target ?? rule.target_port,
    }));
  });
}

function haproxyConfig({ load_balancer_config: old }: ServiceKeys): string {
  const section = (name: string, text: string | null | undefined) =>
    text ? `${name}${`\n${text}`.replaceAll('\n', '\n    ')}` : '';
  const global = section('global', old?.haproxy_config?.global);
  return (global === '' ? '' : `${global}\n`) + section('defaults', old?.haproxy_config?.defaults);
}

function ruleOf(known: Partial<RuleKeys>): RuleKeys {
  return { ...NO_RULE_KEYS, ...known };
}
