import {
  createManagedRouting,
  createPortGuard,
  createServiceAddress,
  type ManagedRouting,
  managedRoutingComponent,
  type PortGuard,
  portGuardComponent,
  type ServiceAddress,
  serviceAddressComponent,
} from '../overlay/index.ts';
import type { Component } from '../reconcile/index.ts';
import { type ResolvConf, resolvConfComponent } from '../resolv-conf/index.ts';
import type { DockerSource } from '../sources/index.ts';
import type { HostView } from '../view/index.ts';
import type { Config } from './config/config.ts';
import { portBindingsFile } from './config/paths.ts';
import type { NetworkState } from './network/managed-network.ts';
import { serviceAddressSettings } from './network/overlay-settings.ts';
import type { AgentDependencies } from './parts/dependencies.ts';

/** What `drover down` removes and other parts use. */
export interface Appliers {
  readonly serviceAddress: ServiceAddress;
  readonly routing: ManagedRouting;
  readonly guard: PortGuard;
}

/** The parts of this host that Drover makes, before any of them is made. */
export function createAppliers(
  deps: Pick<AgentDependencies, 'run' | 'log'>,
  config: Config,
  { processId }: Pick<DockerSource, 'processId'>,
): Appliers {
  return {
    serviceAddress: createServiceAddress(deps, serviceAddressSettings(config)),
    routing: createManagedRouting(deps),
    guard: createPortGuard({ ...deps, processId, bindingsFile: portBindingsFile(config) }),
  };
}

export interface ComponentSources {
  readonly network: NetworkState;
  readonly resolvConf: ResolvConf;
  /** Whether Docker has listed this host's containers since the agent started. */
  readonly isComplete: () => boolean;
}

/** Everything this host keeps in a desired state. */
export function componentsOf(
  { serviceAddress, routing, guard }: Appliers,
  { enabled, guard: guarded }: Config['network'],
  { network, isComplete, resolvConf }: ComponentSources,
): readonly Component<HostView>[] {
  return [
    serviceAddressComponent(serviceAddress),
    resolvConfComponent(resolvConf, { isComplete }),
    portGuardComponent(guard, enabled && guarded ? { network: network.current, isComplete } : 'off'),
    ...(enabled ? [managedRoutingComponent(routing, { network: network.current, ranges: network.ranges })] : []),
  ];
}
