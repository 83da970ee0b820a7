import type { BalancerHosts, Host } from '../../model/index.ts';

/** Whether a host runs a balancer. Null: the host is not known yet. */
export function runsOn(hosts: BalancerHosts, host: Pick<Host, 'id' | 'name' | 'labels'> | null): boolean {
  switch (hosts.kind) {
    case 'all':
      return true;
    case 'names': {
      const own = [host?.name.toLowerCase(), host?.id.toLowerCase()];
      return hosts.names.some((name) => own.includes(name.toLowerCase()));
    }
    case 'labels':
      return host !== null && Object.entries(hosts.labels).every(([label, value]) => host.labels[label] === value);
  }
}
