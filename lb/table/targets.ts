import type { Container } from '../../model/index.ts';
import {
  type DependencyRecorder,
  findContainers,
  findService,
  type HostView,
  linkedServices,
  nameKey,
  type ServiceView,
  serviceKeyOf,
  serviceOf,
} from '../../view/index.ts';
import type { BackendPart } from './claim.ts';

/** A service, or some of its containers. */
export interface Target {
  readonly service: ServiceView;
  /** Null: all of them. */
  readonly only: ((container: Container) => boolean) | null;
}

/** What a rule names; empty if it does not exist. */
export function targetsOf(
  view: HostView,
  target: BackendPart['target'],
  recorder: DependencyRecorder,
): readonly Target[] {
  if (target.kind === 'service') {
    recorder.depends(serviceKeyOf(target.name));
    const service = findService(view, target.name);
    return service ? [{ service, only: null }] : [];
  }
  recorder.depends(nameKey(target.name));
  const named =
    target.kind === 'container' ? findContainers(view, target.name) : standaloneContainers(view, target.name);
  return named.map((container) => ({
    service: serviceOf(view, container) ?? standalone(container),
    only: (other) => other === container,
  }));
}

/** The containers of a name, any case, that belong to no service. */
export function standaloneContainers(view: HostView, name: string): readonly Container[] {
  const named = findContainers(view, name);
  return named.filter((one) => one.service === null && one.name.toLowerCase() === name.toLowerCase());
}

/** A container without a service counts as the only one of a service of its name. */
export function standalone(container: Container): ServiceView {
  const { name } = container;
  return {
    key: name,
    stack: '',
    name,
    kind: 'service',
    primaryService: name,
    declaration: null,
    containers: [container],
  };
}

/** Host names of the external services behind a service, with the keys of these services. */
export function externalHostnames(
  view: HostView,
  service: ServiceView,
  recorder: DependencyRecorder,
  met = new Set<string>(),
): readonly { readonly service: ServiceView; readonly hostname: string }[] {
  if (met.has(service.key)) return [];
  met.add(service.key);
  recorder.depends(serviceKeyOf(service.key));
  const { kind, declaration } = service;
  if (kind === 'externalService') {
    return declaration?.hostname ? [{ service, hostname: declaration.hostname.replace(/\.$/, '') }] : [];
  }
  if (kind !== 'dnsService') return [];
  return linkedServices(view, service, recorder).flatMap(({ linked }) =>
    linked ? externalHostnames(view, linked, recorder, met) : [],
  );
}
