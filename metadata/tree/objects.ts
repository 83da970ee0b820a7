import type { Container, Host, HostState, Network, ServiceDeclaration } from '../../model/index.ts';
import { type Checkers, type HostView, isSidekick, type ServiceView, type StackView } from '../../view/index.ts';
import type { ValueObject } from '../value/value.ts';
import { containerObject, dependsOnOthers } from './container.ts';
import { hostObject } from './host.ts';
import { injectedObject } from './injected.ts';
import { sidekicksByLeader, standaloneOf } from './listing.ts';
import { createMemo } from './memo.ts';
import { networkObjects, uuidOfNetwork } from './network.ts';
import type { Scopes } from './scopes.ts';
import { type ServiceIdentity, serviceIdentity, serviceObject } from './service.ts';
import { stackObject } from './stack.ts';
import type { Version } from './versions.ts';

export interface ServiceNode {
  readonly object: ValueObject;
  readonly containers: readonly ValueObject[];
}

export interface StackNode {
  readonly object: ValueObject;
  readonly services: readonly ServiceNode[];
}

/** The objects of one view in one version of the API. Each is created when it is first read. */
export interface Objects {
  container(container: Container, service: ServiceView | null): ValueObject;
  service(service: ServiceView, stack: StackView): ServiceNode;
  stack(stack: StackView): StackNode;
  host(host: Host): ValueObject;
  networks(): readonly ValueObject[];
  /** The containers of a host that belong to no service, by name. */
  standalone(state: HostState): readonly ValueObject[];
  /** The same as `container`, but without checkers on other hosts, and not kept. */
  uncachedContainer(container: Container, service: ServiceView | null): ValueObject;
  /** A service without its containers, not kept. */
  uncachedService(service: ServiceView, stack: StackView): ValueObject;
  /** Names of the sidekicks of a primary service. */
  sidekicksOf(service: ServiceView, stack: StackView): readonly string[];
  identity(service: ServiceView): ServiceIdentity;
  /** What container objects show of their hosts. */
  readonly scopes: Scopes;
  readonly checkers: Checkers;
}

/**
 * Returns the objects of successive views. Unchanged objects are reused: one change among 20,000 containers creates one
 * container, one service and one stack.
 */
export function createObjects(settings: ObjectsSettings): (view: HostView) => Objects {
  const made = createMade();
  return (view) => new ViewObjects(made, settings, view);
}

export interface ObjectsSettings {
  readonly version: Version;
  /** Address of the DNS server that containers use. */
  readonly resolver: string;
  readonly scopesOf: (view: HostView) => Scopes;
  readonly checkersOf: (view: HostView) => Checkers;
}

/** The objects of earlier views. */
type Made = ReturnType<typeof createMade>;

function createMade() {
  return {
    containers: createMemo<Container, ValueObject>(),
    services: createMemo<ServiceView, ServiceNode>(),
    stacks: createMemo<StackView, StackNode>(),
    hosts: createMemo<Host, ValueObject>(),
    networks: createMemo<Scopes, readonly ValueObject[]>(),
    networkUuids: createMemo<Network, string>(),
    standalone: createMemo<HostState, readonly ValueObject[]>(),
    identities: createMemo<ServiceView, ServiceIdentity>(),
    sidekicks: createMemo<StackView, ReadonlyMap<string, readonly string[]>>(),
    selfContained: createMemo<object, boolean>(),
    injected: createMemo<ServiceDeclaration, ValueObject>(),
  };
}

class ViewObjects implements Objects {
  readonly #made: Made;
  readonly #version: Version;
  readonly #resolver: string;
  readonly #view: HostView;
  readonly scopes: Scopes;
  readonly checkers: Checkers;

  constructor(made: Made, { version, resolver, scopesOf, checkersOf }: ObjectsSettings, view: HostView) {
    this.#made = made;
    this.#version = version;
    this.#resolver = resolver;
    this.#view = view;
    this.scopes = scopesOf(view);
    this.checkers = checkersOf(view);
  }

  container(container: Container, service: ServiceView | null): ValueObject {
    const { environment } = this.#view.snapshot;
    const scope = this.scopes.get(container.hostId);
    const identity = service && this.identity(service);
    const checkers = identity?.healthCheck ? this.checkers : NO_CHECKERS;
    const inputs = dependsOnOthers(container) ? [this.#view] : [environment, scope, identity?.text, checkers];
    return this.#made.containers(container, inputs, () => this.#containerObject(container, service, checkers));
  }

  uncachedContainer(container: Container, service: ServiceView | null): ValueObject {
    return this.#containerObject(container, service, NO_CHECKERS);
  }

  #containerObject(container: Container, service: ServiceView | null, checkers: Checkers): ValueObject {
    return containerObject(this.#view, container, {
      scope: this.scopes.get(container.hostId),
      service: service && this.identity(service),
      version: this.#version,
      networkUuid: this.#networkUuid,
      resolver: this.#resolver,
      checkers,
    });
  }

  readonly #networkUuid = (network: Network): string => {
    const { environment } = this.#view.snapshot;
    return this.#made.networkUuids(network, [environment], () => uuidOfNetwork(environment, network));
  };

  stack(stack: StackView): StackNode {
    const services = [...stack.services.values()];
    const isSelfContained = this.#made.selfContained(stack, [], () => services.every(this.#isSelfContained));
    return this.#made.stacks(stack, this.#inputs(isSelfContained), () => {
      const nodes = services.map((service) => this.service(service, stack));
      const context = { environment: this.#view.snapshot.environment, version: this.#version };
      return {
        object: stackObject(stack, { ...context, services: nodes.map(({ object }) => object) }),
        services: nodes,
      };
    });
  }

  service(service: ServiceView, stack: StackView): ServiceNode {
    const sidekicks = this.sidekicksOf(service, stack);
    const inputs = [...this.#inputs(this.#isSelfContained(service)), sidekicks.join('/')];
    return this.#made.services(service, inputs, () => {
      const containers = service.containers.map((container) => this.container(container, service));
      return { object: this.#serviceObject(service, sidekicks, containers), containers };
    });
  }

  uncachedService(service: ServiceView, stack: StackView): ValueObject {
    return this.#serviceObject(service, this.sidekicksOf(service, stack), []);
  }

  #serviceObject(service: ServiceView, sidekicks: readonly string[], containers: readonly ValueObject[]): ValueObject {
    const { environment } = this.#view.snapshot;
    const identity = this.identity(service);
    const injected = this.#injected(service.declaration);
    return serviceObject(service, { environment, identity, containers, sidekicks, injected, version: this.#version });
  }

  host(host: Host): ValueObject {
    const { environment } = this.#view.snapshot;
    return this.#made.hosts(host, [environment], () => hostObject(environment, host, this.#version));
  }

  networks(): readonly ValueObject[] {
    return this.#made.networks(this.scopes, [this.#view.snapshot.environment], () => networkObjects(this.#view));
  }

  standalone(state: HostState): readonly ValueObject[] {
    const isSelfContained = this.#made.selfContained(state, [], () => !standaloneOf(state).some(dependsOnOthers));
    return this.#made.standalone(state, this.#inputs(isSelfContained), () =>
      standaloneOf(state).map((container) => this.container(container, null)),
    );
  }

  /** Objects that show other containers are only valid for one view. */
  #inputs(isSelfContained: boolean): readonly unknown[] {
    return isSelfContained ? [this.#view.snapshot.environment, this.scopes, this.checkers] : [this.#view];
  }

  readonly #isSelfContained = (service: ServiceView): boolean =>
    this.#made.selfContained(service, [], () => !service.containers.some(dependsOnOthers));

  identity(service: ServiceView): ServiceIdentity {
    const { environment } = this.#view.snapshot;
    return this.#made.identities(service, [environment], () => serviceIdentity(environment, service));
  }

  #injected(declaration: ServiceDeclaration | null): ValueObject {
    if (declaration === null) return {};
    return this.#made.injected(declaration, [], () => injectedObject(declaration.metadata));
  }

  sidekicksOf(service: ServiceView, stack: StackView): readonly string[] {
    if (isSidekick(service)) return NO_NAMES;
    const byLeader = this.#made.sidekicks(stack, [], () => sidekicksByLeader(stack));
    return byLeader.get(service.name.toLowerCase()) ?? NO_NAMES;
  }
}

const NO_NAMES: readonly string[] = [];
const NO_CHECKERS: Checkers = [];
