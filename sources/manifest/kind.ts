import type { ServiceKind } from '../../model/index.ts';
import type { ServiceKeys } from './service-schema.ts';

/** Images that never run: in a compose file they mark the kind of a service. */
const MARKERS: readonly (readonly [RegExp, ServiceKind])[] = [
  [/^rancher\/external-service$/, 'externalService'],
  [/^rancher\/dns-service$/, 'dnsService'],
  [/^rancher\/(lb-service-[\w.-]+|load-balancer-service)$/, 'loadBalancerService'],
];

/** The kind of a service: as declared, else by its image, else by its keys. */
export function kindOf(keys: ServiceKeys, hasBuild: boolean): ServiceKind {
  if (keys.kind) return keys.kind;
  if (keys.image) return markedKind(keys.image) ?? 'service';
  if (hasBuild) return 'service';
  if ((keys.external_ips ?? []).length > 0 || keys.hostname) return 'externalService';
  if ((keys.alias_of ?? []).length > 0) return 'dnsService';
  return keys.lb_config?.port_rules?.some(isListening) ? 'loadBalancerService' : 'service';
}

/** The rules of an ordinary service say how load balancers reach it; they do not make it a load balancer. */
function isListening(rule: {
  readonly source_port: number | null;
  readonly service: string | null;
  readonly selector: string | null;
}) {
  return rule.source_port !== null && (rule.service !== null || rule.selector !== null);
}

function markedKind(image: string): ServiceKind | null {
  const plain = image.replace(/^(index\.)?docker\.io\//, '').replace(/[:@].*$/, '');
  return MARKERS.find(([pattern]) => pattern.test(plain))?.[1] ?? null;
}
