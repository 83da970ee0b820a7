import type { ServiceKind } from '../../../model/index.ts';
import { isRancherImage } from '../files/rancher-files.ts';
import type { ServiceKeys } from './service-schema.ts';

/** What determines the kind of a service, apart from its keys. */
export interface KindContext {
  /** Whether it has containers of its own without naming an image: `build`, `extends` or `provider`. */
  readonly runsContainers: boolean;
}

/**
 * The kind of a service: as declared, else as rancher-compose determines it. The addresses of an external service come first, then
 * the first generation of load balancers, then load-balancer rules, then the images that never run.
 */
export function kindOf(keys: ServiceKeys, { runsContainers }: KindContext): ServiceKind {
  if (keys.kind) return keys.kind;
  if ((keys.external_ips ?? []).length > 0 || keys.hostname) return 'externalService';
  if (isOldLoadBalancer(keys) || keys.lb_config?.port_rules?.some(isListening)) return 'loadBalancerService';
  if (isRancherImage(keys.image, 'dns-service')) return 'dnsService';
  if (isRancherImage(keys.image, 'external-service')) return 'externalService';
  return !keys.image && !runsContainers && (keys.alias_of ?? []).length > 0 ? 'dnsService' : 'service';
}

/** Load balancers of Rancher up to 1.1 have no rules: their ports, links and labels say the same. */
export function isOldLoadBalancer(keys: ServiceKeys): boolean {
  return isRancherImage(keys.image, 'load-balancer-service');
}

/** The rules of an ordinary service have no source port: they say how load balancers reach it. */
function isListening({ source_port }: { readonly source_port: number | null }): boolean {
  return source_port !== null;
}
