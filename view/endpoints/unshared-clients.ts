import { type Container, compareText } from '../../model/index.ts';
import { serviceOf } from '../host-view/find.ts';
import type { HostView, ServiceView } from '../host-view/host-view.ts';
import { endpointsOf, linkedServices } from './endpoints.ts';
import { networksText, noSharedNetwork } from './shared-networks.ts';

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
  const containers = [...(view.snapshot.hosts.get(view.hostId)?.containers.values() ?? [])];
  const running = containers.filter(({ state }) => state === 'running');
  const found = new Map<ServiceView, Container[]>();
  for (const clients of Map.groupBy(running, (client) => clientText(view, client)).values()) {
    const [client] = clients as [Container];
    for (const service of servicesFor(view, client)) {
      if (isUnshared(view, service, client)) found.set(service, [...(found.get(service) ?? []), ...clients]);
    }
  }
  return [...found].map(([service, clients]) => ({
    service,
    clients: clients.sort((a, b) => compareText(a.name, b.name)),
  }));
}

/** Equal for clients that look for the same services and reach the same addresses. */
function clientText(view: HostView, client: Container): string {
  return `${serviceOf(view, client)?.key} ${networksText(view, client)}`;
}

function isUnshared(view: HostView, service: ServiceView, client: Container): boolean {
  const unshared = noSharedNetwork(view);
  const { answer, all } = endpointsOf(view, service, 'all', client);
  return answer.length === 0 && all.some(({ reason }) => reason === unshared);
}

function servicesFor(view: HostView, client: Container): readonly ServiceView[] {
  const own = serviceOf(view, client);
  if (!own) return [];
  const stack = [...(view.stacks.get(own.stack.toLowerCase())?.services.values() ?? [])];
  const linked = linkedServices(view, own).flatMap((link) => link.linked ?? []);
  return [...new Set([...stack, ...linked])].filter(({ kind }) => kind === 'service' || kind === 'loadBalancerService');
}
