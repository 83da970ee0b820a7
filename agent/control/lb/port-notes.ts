import { type LbTable, runsOn } from '../../../lb/index.ts';
import type { Problem, ServiceDeclaration } from '../../../model/index.ts';
import type { HostView } from '../../../view/index.ts';

/** Ports of declared load balancers that others use with another protocol on this host, before the declarations take effect. Pure. */
export function portNotes(
  { snapshot, hostId }: HostView,
  { listeners }: LbTable,
  declarations: readonly ServiceDeclaration[],
): readonly Problem[] {
  const host = snapshot.hosts.get(hostId)?.host ?? null;
  return declarations.flatMap(({ stack, name, kind, lbConfig }) => {
    if (kind !== 'loadBalancerService' || !lbConfig || !runsOn(lbConfig.options.hosts, host)) return [];
    const key = `${stack}/${name}`.toLowerCase();
    return listeners.flatMap(({ port, protocol, balancers }): readonly Problem[] => {
      const others = balancers.filter((balancer) => balancer !== key);
      const rule = lbConfig.portRules.find((one) => one.sourcePort === port && (one.protocol ?? 'http') !== protocol);
      if (!rule || others.length === 0) return [];
      const what = `has a rule of port ${port} for ${rule.protocol ?? 'http'}, which ${others.join(', ')} uses for ${protocol}: a port has one protocol`;
      const hint = 'use another port or the same protocol; `drover status` names the rules that do not get the port';
      return [{ subject: `load balancer ${stack}/${name}`, what, hint }];
    });
  });
}
