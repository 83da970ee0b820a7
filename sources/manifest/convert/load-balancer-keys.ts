import type { SchemaFault } from '../../../model/index.ts';
import { isOldLoadBalancer } from './kind.ts';
import { type LbKeys, NO_LB_KEYS } from './lb-schema.ts';
import { linkTarget } from './links.ts';
import { convertOldLoadBalancer, isRuleLabel, listeningPort, type OldLoadBalancer } from './old-load-balancer.ts';
import type { ServiceKeys } from './service-schema.ts';

/** The keys of a load balancer with everything in `lb_config`. `faults` refuse it; `notes` say what has no effect. */
export interface BalancerKeys {
  readonly keys: ServiceKeys;
  /** Whether its rules are made of ports and links. */
  readonly isOld: boolean;
  readonly faults: readonly SchemaFault[];
  readonly notes: readonly SchemaFault[];
}

/** Moves certificates that are beside `lb_config` into it. An old load balancer gets the rules of its ports and links. */
export function withBalancerConfig(keys: ServiceKeys): BalancerKeys {
  const { lb_config: given, load_balancer_config: oldConfig } = keys;
  const certs = certsOf(keys);
  if (isOldLoadBalancer(keys)) {
    const links = [...(keys.links ?? []), ...(keys.service_links ?? []), ...(keys.external_links ?? [])];
    const old = convertOldLoadBalancer(keys, [...new Set(links.map(linkTarget))]);
    const hasRules = (given?.port_rules ?? []).length > 0;
    if (old.rules.length > 0 || old.faults.length > 0 || !hasRules) return withRules(keys, old, certs);
  }
  const unused = oldConfig ? [unusedKey(['load_balancer_config'], 'the rules are those of lb_config')] : [];
  if (!given && !keys.certs && !keys.default_cert) return { keys, isOld: false, faults: [], notes: unused };
  const lbConfig = { ...NO_LB_KEYS, ...given, ...certs.chosen };
  return { keys: { ...keys, lb_config: lbConfig }, isOld: false, faults: [], notes: [...certs.notes, ...unused] };
}

function withRules(keys: ServiceKeys, old: OldLoadBalancer, certs: Certs): BalancerKeys {
  const lbConfig: LbKeys = {
    ...NO_LB_KEYS,
    ...certs.chosen,
    config: old.config,
    stickiness_policy: keys.load_balancer_config?.lb_cookie_stickiness_policy ?? null,
    port_rules: [...old.rules],
  };
  const labels = Object.entries(keys.labels ?? {}).filter(([name]) => !isRuleLabel(name));
  return {
    keys: {
      ...keys,
      lb_config: lbConfig,
      ports: (keys.ports ?? []).map(listeningPort),
      expose: null,
      labels: Object.fromEntries(labels),
    },
    isOld: true,
    faults: old.faults,
    notes: [
      ...certs.notes,
      ...old.unused.map((label) => unusedKey(['labels', label], 'the load balancer has no such link or port')),
      ...(keys.lb_config ? [unusedKey(['lb_config'], 'this image takes its rules from ports and links')] : []),
      ...(old.rules.length === 0 && old.faults.length === 0 ? [NO_RULES] : []),
    ],
  };
}

interface Certs {
  readonly chosen: Pick<LbKeys, 'certs' | 'default_cert'>;
  readonly notes: readonly SchemaFault[];
}

/** Those of the place that rancher-compose reads come first: beside `lb_config` for old load balancers, in it for others. */
function certsOf(keys: ServiceKeys): Certs {
  const isOld = isOldLoadBalancer(keys);
  const [first, second] = isOld ? [keys, keys.lb_config] : [keys.lb_config, keys];
  const twice = (['certs', 'default_cert'] as const).filter((key) => first?.[key] && second?.[key]);
  return {
    chosen: {
      certs: first?.certs ?? second?.certs ?? null,
      default_cert: first?.default_cert ?? second?.default_cert ?? null,
    },
    notes: isOld ? [] : twice.map((key) => unusedKey([key], `lb_config has ${key} as well`)),
  };
}

function unusedKey(path: SchemaFault['path'], why: string): SchemaFault {
  return { path, what: `has no effect: ${why}`, hint: 'no action needed; remove it to avoid this note' };
}

const NO_RULES: SchemaFault = {
  path: ['image'],
  what: 'makes a load balancer without rules',
  hint: 'give it ports, and links to services',
};
