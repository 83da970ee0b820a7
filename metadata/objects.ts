import type { Container, Host, HostState } from '../model/index.ts';
import { type HostView, isSidekick, type ServiceView, type StackView } from '../view/index.ts';
import { containerObject, dependsOnOthers } from './container.ts';
import { hostObject } from './host.ts';
import { standaloneOf } from './listing.ts';
import { createMemo } from './memo.ts';
import { networkObjects } from './network.ts';
import { type Scopes, scopesOf } from './scopes.ts';
import { serviceIdentity, serviceObject } from './service.ts';
import { stackObject } from './stack.ts';
import type { ValueObject } from './value.ts';
import type { Version } from './versions.ts';

/** The objects of one view in one version of the API; each is made when it is first asked for. */
export interface Objects {
  container(container: Container, service: ServiceView | null): ValueObject;
  service(service: ServiceView): ValueObject;
  stack(stack: StackView): ValueObject;
  host(host: Host): ValueObject;
  networks(): readonly ValueObject[];
  /** The containers of a host that belong to no service, by name; `objects` are theirs in the same order. */
  standalone(state: HostState): Standalone;
}

export interface Standalone {
  readonly containers: readonly Container[];
  readonly objects: readonly ValueObject[];
}

/**
 * Gives the objects of one view after another. What did not change keeps its identity, so that one change among 20,000
 * containers makes one container, one service and one stack anew.
 */
export function createObjects(version: Version): (view: HostView) => Objects {
  const containers = createMemo<Container, ValueObject>();
  const services = createMemo<ServiceView, ValueObject>();
  const stacks = createMemo<StackView, ValueObject>();
  const hosts = createMemo<Host, ValueObject>();
  const networks = createMemo<Scopes, readonly ValueObject[]>();
  const standalone = createMemo<HostState, Standalone>();
  const standaloneContainers = createMemo<HostState, readonly Container[]>();
  const loners = createMemo<ServiceView, boolean>();
  const sidekicks = createMemo<StackView, ReadonlyMap<string, readonly string[]>>();
  let scopes: Scopes | null = null;

  return (view) => {
    const { environment } = view.snapshot;
    const present = scopesOf(view, scopes);
    scopes = present;

    const container = (container: Container, service: ServiceView | null): ValueObject => {
      const scope = present.get(container.hostId);
      const from = [
        service?.key,
        service?.name,
        service?.stack,
        service?.primaryService,
        service?.declaration?.healthCheck,
      ];
      const inputs = dependsOnOthers(container) ? [view] : [environment, scope, ...from];
      return containers(container, inputs, () => {
        const identity = service && serviceIdentity(environment, service);
        return containerObject(view, container, { scope, service: identity, version });
      });
    };
    const service = (service: ServiceView): ValueObject => {
      const isLoner = loners(service, [], () => !service.containers.some(dependsOnOthers));
      const names = sidekicksOf(service);
      return services(service, isLoner ? [environment, present, names.join('/')] : [view], () =>
        serviceObject(service, {
          environment,
          identity: serviceIdentity(environment, service),
          containers: service.containers.map((one) => container(one, service)),
          sidekicks: names,
          version,
        }),
      );
    };
    const sidekicksOf = (service: ServiceView): readonly string[] => {
      const [stackKey = '', inner = ''] = service.key.split('/');
      const stack = view.stacks.get(stackKey);
      if (isSidekick(service) || !stack) return NONE;
      return sidekicks(stack, [], () => groupSidekicks(stack)).get(inner) ?? NONE;
    };
    const stack = (stack: StackView): ValueObject => {
      const objects = [...stack.services.values()].map(service);
      return stacks(stack, objects, () => stackObject(stack, { environment, services: objects, version }));
    };
    return {
      container,
      service,
      stack,
      host: (host) => hosts(host, [environment], () => hostObject(environment, host, version)),
      standalone: (state) => {
        const alone = standaloneContainers(state, [], () => standaloneOf(state));
        const inputs = alone.some(dependsOnOthers) ? [view] : [environment, present];
        return standalone(state, inputs, () => ({
          containers: alone,
          objects: alone.map((one) => container(one, null)),
        }));
      },
      networks: () => networks(present, [environment], () => networkObjects(view)),
    };
  };
}

const NONE: readonly string[] = [];

/** By the lower-case name of the service that leads. */
function groupSidekicks(stack: StackView): ReadonlyMap<string, readonly string[]> {
  const all = [...stack.services.values()].filter(isSidekick);
  const byLeader = Map.groupBy(all, (service) => service.primaryService.toLowerCase());
  return new Map([...byLeader].map(([leader, services]) => [leader, services.map(({ name }) => name)]));
}
