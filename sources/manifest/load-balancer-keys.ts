import type { SchemaFault } from '../../model/index.ts';
import { isOldLoadBalancer } from './kind.ts';
import { linkTarget } from './links.ts';
import { convertOldLoadBalancer, isRuleLabel, listeningPort, type OldLoadBalancer } from './old-load-balancer.ts';
import type { LbKeys, ServiceKeys } from './service-schema.ts';

/** The keys of a load balancer with everything in `lb_config`. `faults` refuse it; `notes` say what has no effect. */
export interface BalancerKeys {
  readonly keys: ServiceKeys;
  readonly faults: readonly SchemaFault[];
  readonly notes: readonly SchemaFault[];
}

/** Moves certificates that are beside `lb_config` into it. An old load balancer gets the rules of its ports and links. */
export function withBalancerConfig(keys: ServiceKeys): BalancerKeys {
  const links = [...(keys.links ?? []), ...(keys.service_links ?? []), ...(keys.external_links ?? [])];
  const old = isOldLoadBalancer(keys) ? convertOldLoadBalancer(keys, [...new Set(links.map(linkTarget))]) : null;
  const hasRules = (keys.lb_config?.port_rules ?? []).length > 0;
  if (old && (old.rules.length > 0 || old.faults.length > 0 || !hasRules)) return withRules(keys, old);
  if (!keys.lb_config && !keys.certs && !keys.default_cert) return { keys, faults: [], notes: [] };
  return { keys: { ...keys, lb_config: { ...NO_LB, ...keys.lb_config, ...certsOf(keys) } }, faults: [], notes: [] };
}

function withRules(keys: ServiceKeys, old: OldLoadBalancer): BalancerKeys {
  const lbConfig: LbKeys = {
    ...certsOf(keys),
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
    faults: old.faults,
    notes: [
      ...old.unused.map((label) => ({
        path: ['labels', label],
        what: 'has no effect: the load balancer has no such link',
        hint: 'add the service to links, or remove the label',
      })),
      ...(keys.lb_config ? [UNUSED_CONFIG] : []),
    ],
  };
}

/** Those of the place that rancher-compose reads come first: beside `lb_config` for old load balancers, in it for others. */
function certsOf(keys: ServiceKeys): Pick<LbKeys, 'certs' | 'default_cert'> {
  const [first, second] = isOldLoadBalancer(keys) ? [keys, keys.lb_config] : [keys.lb_config, keys];
  return {
    certs: first?.certs ?? second?.certs ?? null,
    default_cert: first?.default_cert ?? second?.default_cert ?? null,
  };
}

const UNUSED_CONFIG: SchemaFault = {
  path: ['lb_config'],
  what: 'has no effect: this image takes its rules from ports and links',
  hint: 'use an image such as rancher/lb-service-haproxy',
};

const NO_LB: LbKeys = { certs: null, default_cert: null, config: null, stickiness_policy: null, port_rules: null };
