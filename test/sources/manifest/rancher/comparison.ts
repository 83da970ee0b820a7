import { formatProblem, type PortRule, type ServiceDeclaration } from '../../../../model/index.ts';
import { parseManifests } from '../../../../sources/manifest/index.ts';
import type { Pair } from './pairs.ts';

/** What rancher-compose makes of a service, as scripts/record-rancher-compose writes it. */
export interface Recorded {
  readonly kind: string;
  /** `stack/service:alias`. */
  readonly links: readonly string[];
  readonly scale: number;
  readonly externalIps: readonly string[] | null;
  readonly hostname: string;
  readonly health: { readonly port: number; readonly interval?: number; readonly healthyThreshold?: number } | null;
  /** Only of load balancers, like the keys below. */
  readonly rules?: readonly string[] | undefined;
  readonly config?: string;
  readonly certs?: readonly string[];
  readonly defaultCert?: string;
  readonly policy?: Readonly<Record<string, unknown>> | null;
  readonly ports?: readonly string[] | null;
}

/** Both readings of one service, in the same form. Only what the other one says is compared. */
export interface Readings {
  readonly service: string;
  readonly rancher: Readonly<Record<string, unknown>>;
  readonly drover: Readonly<Record<string, unknown>>;
}

/** The differences between rancher-compose and Drover for one pair of files; the problems of Drover. */
export function compare({ compose, rancher }: Pair, recorded: Readonly<Record<string, Recorded>>) {
  const files = [
    { path: 'docker-compose.yml', text: compose },
    { path: 'rancher-compose.yml', text: rancher },
  ];
  const { declarations, problems } = parseManifests(files, { stack: 'demo' });
  const kept = Object.entries(recorded).filter(([, { rules }]) => !rules?.length || !rules.every(isOfUdp));
  const readings = kept.map(([service, one]): Readings => {
    const declared = declarations.find(({ name }) => name === service);
    return { service, rancher: ofRancher(one), drover: declared ? ofDrover(declared, one) : {} };
  });
  return { readings, problems: problems.map(formatProblem).filter((line) => !line.includes('is udp, which')) };
}

function ofRancher(one: Recorded): Readings['rancher'] {
  return {
    kind: one.kind,
    links: one.links.map(withAlias).sort(),
    ...(one.scale > 0 && { scale: one.scale }),
    ...(one.kind === 'externalService' && {
      externalIps: one.externalIps ?? [],
      hostname: one.hostname ? `${one.hostname}.` : null,
    }),
    ...(one.health && { port: one.health.port }),
    ...(one.health?.interval && { interval: one.health.interval }),
    ...(one.health?.healthyThreshold && { threshold: one.health.healthyThreshold }),
    ...(hasRules(one) && {
      rules: one.rules?.filter((rule) => !isOfUdp(rule)),
      config: one.config ?? '',
      cookie: one.policy?.cookie || null,
      indirect: one.policy?.indirect ?? false,
      ports: one.ports ?? [],
    }),
    ...(one.certs && one.certs.length > 0 && { certs: one.certs }),
    ...(one.defaultCert && { defaultCert: one.defaultCert }),
  };
}

function ofDrover(one: ServiceDeclaration, { scale, health, rules, certs, defaultCert }: Recorded): Readings['drover'] {
  const { lbConfig: lb, healthCheck: check } = one;
  return {
    kind: one.kind,
    links: one.links.map(({ target, alias }) => `${target}:${alias}`).sort(),
    ...(scale > 0 && { scale: one.scale }),
    ...(one.kind === 'externalService' && { externalIps: one.externalIps, hostname: one.hostname }),
    ...(health && { port: check?.port }),
    ...(health?.interval && { interval: check?.intervalMs }),
    ...(health?.healthyThreshold && { threshold: check?.healthyThreshold }),
    ...(hasRules({ rules }) && {
      rules: lb?.portRules.map(ruleText),
      config: lb?.config ?? '',
      cookie: lb?.stickinessPolicy?.cookie ?? null,
      indirect: lb?.stickinessPolicy?.indirect ?? false,
      ports: one.ports,
    }),
    ...(certs && certs.length > 0 && { certs: lb?.certs }),
    ...(defaultCert && { defaultCert: lb?.defaultCert }),
  };
}

/** An old load balancer without rules has those of lb_config in Drover; rancher-compose drops them. */
function hasRules({ rules }: Pick<Recorded, 'rules'>): boolean {
  return (rules ?? []).length > 0;
}

/** Drover refuses these rules, and a load balancer that has no others. */
function isOfUdp(rule: string): boolean {
  return / udp -> /.test(rule);
}

/** Rancher stores no alias if the file gives none; the name is the service's then. */
function withAlias(link: string): string {
  const cut = link.indexOf(':');
  const target = link.slice(0, cut);
  return `${target}:${link.slice(cut + 1) || target.split('/').at(-1)}`;
}

function ruleText(rule: PortRule): string {
  const target = rule.service ?? `{${rule.selector}}`;
  const when = `[${rule.hostname ?? ''}${rule.path ?? ''}]`;
  const rest = `${rule.priority ?? 0} ${rule.backendName ?? ''}`;
  return `${rule.sourcePort ?? 0} ${rule.protocol ?? ''} -> ${target}:${rule.targetPort ?? 0} ${when} ${rest}`;
}
