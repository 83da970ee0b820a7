import type { Container } from '../../model/index.ts';
import { serviceOf } from '../host-view/find.ts';
import type { HostView, ServiceView } from '../host-view/host-view.ts';
import { endpointsOf, linkedServices } from './endpoints.ts';
import { noSharedNetwork } from './shared-networks.ts';

/** Containers of this host that would reach a service if they shared a network with it. */
export interface UnsharedClients {
  readonly service: ServiceView;
  /** Sorted by name. */
  readonly clients: readonly Container[];
}

/**
 * Services without an address for some containers of this host, only because they share no network. A container is a client of the
 * services of its own stack, and of those that its service links to.
 */
export function unsharedClients(view: HostView): readonly UnsharedClients[] {
  const reason = noSharedNetwork(view);
  const found = new Map<ServiceView, Container[]>();
  for (const client of view.snapshot.hosts.get(view.hostId)?.containers.values() ?? []) {
    if (client.state !== 'running') continue;
    for (const service of servicesFor(view, client)) {
      const { answer, all } = endpointsOf(view, service, 'all', client);
      if (answer.length > 0 || !all.some((endpoint) => endpoint.reason === reason)) continue;
      found.set(service, [...(found.get(service) ?? []), client]);
    }
  }
  return [...found].map(([service, clients]) => ({ service, clients: clients.sort(byName) }));
}

function servicesFor(view: HostView, client: Container): readonly ServiceView[] {
  const own = serviceOf(view, client);
  if (!own) return [];
  const stack = [...(view.stacks.get(own.stack.toLowerCase())?.services.values() ?? [])];
  const linked = linkedServices(view, own).flatMap((link) => link.linked ?? []);
  return [...new Set([...stack, ...linked])].filter(({ kind }) => kind === 'service' || kind === 'loadBalancerService');
}

function byName(a: Container, b: Container): number {
  return a.name < b.name ? -1 : 1;
}
