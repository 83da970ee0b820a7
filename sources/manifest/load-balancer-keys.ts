import type { SchemaFault } from '../../model/index.ts';
import { isOldLoadBalancer } from './kind.ts';
import { linkTarget } from './links.ts';
import { convertOldLoadBalancer, isRuleLabel, listeningPort } from './old-load-balancer.ts';
import type { LbKeys, ServiceKeys } from './service-schema.ts';

/** The keys of a load balancer with everything in `lb_config`. `faults` refuse it; `notes` say what has no effect. */
export interface BalancerKeys {
  readonly keys: ServiceKeys;
  readonly faults: readonly SchemaFault[];
  readonly notes: readonly SchemaFault[];
}

/** Moves certificates that are beside `lb_config` into it. An old load balancer without rules gets those of its ports and links. */
export function withBalancerConfig(keys: ServiceKeys): BalancerKeys {
  const hasRules = (keys.lb_config?.port_rules ?? []).length > 0;
  if (isOldLoadBalancer(keys) && !hasRules) return withRules(keys);
  if (!keys.lb_config && !keys.certs && !keys.default_cert) return { keys, faults: [], notes: [] };
  return { keys: { ...keys, lb_config: { ...NO_LB, ...keys.lb_config, ...certsOf(keys) } }, faults: [], notes: [] };
}

function withRules(keys: ServiceKeys): BalancerKeys {
  const links = [...(keys.links ?? []), ...(keys.service_links ?? []), ...(keys.external_links ?? [])];
  const old = convertOldLoadBalancer(keys, [...new Set(links.map(linkTarget))]);
  const lbConfig: LbKeys = {
    ...certsOf(keys),
    config: [keys.lb_config?.config, old.config].filter(Boolean).join('\n'),
    stickiness_policy:
      keys.lb_config?.stickiness_policy ?? keys.load_balancer_config?.lb_cookie_stickiness_policy ?? null,
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
    notes: old.unused.map((label) => ({
      path: ['labels', label],
      what: 'has no effect: the load balancer has no such link',
      hint: 'add the service to links, or remove the label',
    })),
  };
}

function certsOf({ lb_config: lb, certs, default_cert }: ServiceKeys): Pick<LbKeys, 'certs' | 'default_cert'> {
  return { certs: lb?.certs ?? certs, default_cert: lb?.default_cert ?? default_cert };
}

const NO_LB: LbKeys = { certs: null, default_cert: null, config: null, stickiness_policy: null, port_rules: null };
