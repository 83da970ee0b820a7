import type { Container } from '../../model/index.ts';
import type { HostView, ServiceView } from './host-view.ts';
import { nameNode } from './names.ts';
import { keyOfContainer, parseServiceKey, type ServiceKey } from './service-key.ts';

/** By key, any case: `stack/service`, for a sidekick `stack/primary/sidekick`. */
export function findService(view: HostView, key: string): ServiceView | null {
  return find(view, parseServiceKey(key));
}

/** The service of a container (a sidekick's own), null for a standalone container. */
export function serviceOf(view: HostView, container: Container): ServiceView | null {
  return find(view, keyOfContainer(container, view.index.sidekickOf));
}

/** All containers of that name, any case, any host, any state; sorted. */
export function findContainers(view: HostView, name: string): readonly Container[] {
  return nameNode(view, name.toLowerCase())?.containers ?? [];
}

export function isSidekick(service: Pick<ServiceView, 'name' | 'primaryService'>): boolean {
  return service.name.toLowerCase() !== service.primaryService.toLowerCase();
}

function find(view: HostView, key: ServiceKey | null): ServiceView | null {
  return (key && view.stacks.get(key.stack)?.services.get(key.inner)) ?? null;
}
