import type { Container } from '../model/index.ts';
import type { HostView, ServiceView } from './host-view.ts';

/** By key, any case: `stack/service`, for a sidekick `stack/primary/sidekick`. */
export function findService(_view: HostView, _key: string): ServiceView | null {
  throw new Error('not yet');
}

/** The service a container belongs to (a sidekick's own), null for a standalone one. */
export function serviceOf(_view: HostView, _container: Container): ServiceView | null {
  throw new Error('not yet');
}

/** All containers of that name, any case, any host, any state; sorted. */
export function findContainers(_view: HostView, _name: string): readonly Container[] {
  throw new Error('not yet');
}

export function isSidekick(service: Pick<ServiceView, 'name' | 'primaryService'>): boolean {
  return service.name.toLowerCase() !== service.primaryService.toLowerCase();
}
