import {
  healthLabelFaults,
  ok,
  parseAddress,
  parseDnsName,
  problem,
  type Result,
  type SchemaFault,
  type ServiceDeclaration,
  type ServiceKind,
  type ServiceLink,
} from '../../../model/index.ts';
import { convertLbConfig, type RuleFault } from './convert-lb.ts';
import { isOldLoadBalancer, kindOf } from './kind.ts';
import { withLbLabels } from './lb-labels.ts';
import { linkTarget, parseLink } from './links.ts';
import { withBalancerConfig } from './load-balancer-keys.ts';
import { type Placed, parseAll, placedList, placedParts } from './placed.ts';
import type { ServiceKeys } from './service-schema.ts';

/** A service in a file, after each of its keys was validated. */
export interface ServiceInput {
  readonly stack: string;
  readonly name: string;
  readonly keys: ServiceKeys;
  /** Whether it has containers of its own without an `image`. */
  readonly runsContainers: boolean;
  /** Whether the files declare a service of its stack. */
  readonly isDeclared: (name: string) => boolean;
  /** Places as written of the rules of a load balancer that `keys` has; null: all. */
  readonly rulePlaces: readonly number[] | null;
}

/**
 * `faults` refuse the service; `ruleFaults` refuse a rule of a load balancer; `ignored` are keys that other programs read, given the kind of the service; `notes` say what has no
 * effect.
 */
export interface Converted {
  readonly declaration: ServiceDeclaration;
  readonly faults: readonly SchemaFault[];
  readonly ruleFaults: readonly RuleFault[];
  readonly ignored: readonly string[];
  readonly notes: readonly SchemaFault[];
}

/** Converts a service's keys into its declaration, and checks that they agree. */
export function convertService({ stack, name, keys: written, runsContainers, ...files }: ServiceInput): Converted {
  const { isDeclared, rulePlaces } = files;
  const published = withLbLabels(written.lb, written.labels ?? {});
  const given = { ...written, labels: published.labels };
  const kind = kindOf(given, { runsContainers });
  const namesServices = kind === 'dnsService' || isOldLoadBalancer(given);
  const isContainerLink = (text: string) => !namesServices && !meansService(text, isDeclared);
  const balancer = kind === 'loadBalancerService' ? withBalancerConfig(given) : NO_BALANCER;
  const keys = balancer.keys ?? given;
  const faults: SchemaFault[] = [...nameFaults(stack, name), ...published.faults, ...balancer.faults];
  const links = distinct(parseAll(linkTexts(keys, isContainerLink), (text) => parseLink(text, stack), faults));
  const sidekicks = parseAll(sidekickTexts(keys), parseSidekick, faults);
  const hostnames = kind === 'externalService' && keys.hostname ? [{ path: ['hostname'], text: keys.hostname }] : [];
  const [hostname = null] = parseAll(hostnames, parseTarget, faults);
  const lb = keys.lb_config
    ? convertLbConfig(keys.lb_config, {
        stack,
        kind,
        labels: kind === 'loadBalancerService' ? given.labels : {},
        drainTimeoutMs: kind === 'loadBalancerService' ? keys.drain_timeout_ms : null,
        places: balancer.isOld ? 'ports' : (rulePlaces ?? []),
      })
    : null;
  const ruleFaults = lb?.ruleFaults ?? [];
  const declaration: ServiceDeclaration = {
    stack,
    name,
    kind,
    externalIps: (keys.external_ips ?? []).map(({ text }) => text),
    hostname,
    links,
    sidekicks: [...new Set(sidekicks)],
    healthCheck: keys.health_check,
    lbConfig: lb?.config ?? null,
    labels: keys.labels ?? {},
    metadata: keys.metadata ?? '{}',
    scale: keys.scale,
    ports: keys.ports ?? [],
    expose: keys.expose ?? [],
    vip: keys.vip?.text ?? null,
    options: optionsOf(keys),
  };
  // A balancer that would lose its last rule stays as it was.
  const isEmptied = ruleFaults.length > 0 && lb?.config.portRules.length === 0;
  faults.push(
    ...(lb?.faults ?? []),
    ...(isEmptied ? ruleFaults : []),
    ...kindFaults(kind, keys, links),
    ...checkFaults(keys),
  );
  return {
    declaration,
    faults,
    ruleFaults: isEmptied ? [] : ruleFaults,
    ignored: ignoredKeys(kind, given, isContainerLink),
    notes: [...balancer.notes, ...(lb?.notes ?? []), ...labelNotes(keys)],
  };
}

const NO_BALANCER = { keys: null, isOld: false, faults: [], notes: [] };

/**
 * A link without a stack names a service of the own stack, as in rancher-compose. Compose links containers with `external_links`, so
 * the service must be declared, unless the service has no containers of its own: an alias or an old load balancer.
 */
function meansService(text: string, isDeclared: (name: string) => boolean): boolean {
  const target = linkTarget(text);
  return target.includes('/') || isDeclared(target);
}

const CERTIFICATES = ['certificates are in a directory of each host', 'set `lb.certificates` on the hosts'] as const;

/** Labels of Rancher that have no meaning here: why, and what does the same. */
const UNUSED_LABELS: Readonly<Record<string, readonly [why: string, hint: string]>> = {
  'io.rancher.service.selector.container': [
    'Drover does not select by label',
    'set `drover.stack` and `drover.service` on the containers',
  ],
  'io.rancher.service.selector.link': ['Drover does not select by label', 'name the services under links'],
  'io.rancher.lb_service.cert_dir': CERTIFICATES,
  'io.rancher.lb_service.default_cert_dir': CERTIFICATES,
};

function labelNotes({ labels }: ServiceKeys): readonly SchemaFault[] {
  return Object.entries(UNUSED_LABELS).flatMap(([label, [why, hint]]) =>
    labels && label in labels ? [{ path: ['labels', label], what: `has no effect: ${why}`, hint }] : [],
  );
}

/** They refuse the service, as faults of `health_check` do: the check that it has must not be lost. */
function checkFaults({ labels }: ServiceKeys): readonly SchemaFault[] {
  return healthLabelFaults(labels ?? {}).map(({ label, what, hint = 'correct it' }) => ({
    path: ['labels', label],
    what,
    hint,
  }));
}

function nameFaults(stack: string, name: string): readonly SchemaFault[] {
  return [stack, name].flatMap((text) => {
    const parsed = parseDnsName(text);
    const dangling = text.endsWith('.') ? { what: 'ends with a dot', hint: 'leave the dot out' } : null;
    const fault = parsed.ok ? dangling : parsed.problem;
    return fault ? [{ path: [], what: `name ${JSON.stringify(text)} ${fault.what}`, hint: fault.hint }] : [];
  });
}

/** The same link may be in `links` and in `external_links`. */
function distinct(links: readonly ServiceLink[]): readonly ServiceLink[] {
  return [...new Map(links.map((link) => [`${link.target}:${link.alias}`, link])).values()];
}

function linkTexts(keys: ServiceKeys, isContainerLink: (text: string) => boolean): readonly Placed[] {
  const own = (['alias_of', 'links', 'service_links'] as const).flatMap((key) => placedList(key, keys[key]));
  const outside = placedList('external_links', keys.external_links);
  return [...own, ...outside.filter(({ text }) => !isContainerLink(text))];
}

function sidekickTexts(keys: ServiceKeys): readonly Placed[] {
  return [...placedList('sidekicks', keys.sidekicks), ...placedParts(keys.labels, 'io.rancher.sidekicks')];
}

function parseTarget(text: string): Result<string> {
  if (!parseAddress(text).ok) return parseName(text);
  return problem(text, `(${JSON.stringify(text)}) is an address`, 'write it under external_ips');
}

/** As written, because it is the name of a service. */
function parseSidekick(text: string): Result<string> {
  const name = parseName(text);
  return name.ok ? ok(text) : name;
}

function parseName(text: string): Result<string> {
  const name = parseDnsName(text);
  return name.ok ? name : problem(text, `(${JSON.stringify(text)}) ${name.problem.what}`, name.problem.hint);
}

function optionsOf({ answers, weight, dns, drain_timeout_ms: drain }: ServiceKeys): ServiceDeclaration['options'] {
  const given = Object.entries(dns ?? {}).filter(([, value]) => value !== null && !isEmptyList(value));
  return {
    ...(answers ? { answers } : {}),
    ...(weight !== null ? { weight } : {}),
    ...(given.length > 0 ? { dns: Object.fromEntries(given) } : {}),
    ...(drain !== null ? { drain_timeout_ms: drain } : {}),
  };
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function kindFaults(kind: ServiceKind, keys: ServiceKeys, links: readonly ServiceLink[]): readonly SchemaFault[] {
  const hasIps = (keys.external_ips ?? []).length > 0;
  if (kind === 'externalService' && !hasIps && !keys.hostname) {
    const hint = 'give it external_ips or hostname (they stand in rancher-compose.yml: apply both files together)';
    return [{ path: [], what: 'is an external service without an address or a host name', hint }];
  }
  if (kind === 'dnsService' && links.length === 0) {
    return [
      {
        path: [],
        what: 'is an alias without targets',
        hint: 'name the services it stands for under alias_of or links',
      },
    ];
  }
  const what = `does not fit a ${kind}`;
  return [
    ...(kind !== 'externalService' && hasIps
      ? [{ path: ['external_ips'], what, hint: 'remove kind, or set kind: externalService' }]
      : []),
    ...(kind !== 'dnsService' && (keys.alias_of ?? []).length > 0
      ? [{ path: ['alias_of'], what, hint: 'write links instead, or set kind: dnsService' }]
      : []),
  ];
}

function ignoredKeys(
  kind: ServiceKind,
  keys: ServiceKeys,
  isContainerLink: (text: string) => boolean,
): readonly string[] {
  const balances = kind === 'loadBalancerService';
  return [
    ...(kind !== 'externalService' && keys.hostname ? ['hostname'] : []),
    ...((keys.external_links ?? []).some(isContainerLink) ? ['external_links'] : []),
    ...(['certs', 'default_cert'] as const).filter((key) => keys[key] && !balances),
    ...(keys.load_balancer_config && !(balances && isOldLoadBalancer(keys)) ? ['load_balancer_config'] : []),
  ];
}
