import type { LoadBalancer } from '../lb/index.ts';
import {
  type Backend,
  createFloor,
  createManagedRouting,
  createPortGuard,
  createServiceAddress,
  type Floor,
  floorComponent,
  type ManagedNetworkApplier,
  type ManagedRouting,
  managedNetworkComponent,
  managedRoutingComponent,
  type PortGuard,
  portGuardComponent,
  type ServiceAddress,
  serviceAddressComponent,
  tunnelName,
} from '../overlay/index.ts';
import { type Component, keepIdentical } from '../reconcile/index.ts';
import { type ResolvConf, resolvConfComponent } from '../resolv-conf/index.ts';
import type { DockerSource } from '../sources/index.ts';
import type { HostView } from '../view/index.ts';
import type { Config } from './config/config.ts';
import { portBindingsFile } from './config/paths.ts';
import type { NetworkState } from './network/network-state.ts';
import { managedNetworkSettings, serviceAddressSettings } from './network/overlay-settings.ts';
import { createBackends } from './overlay/backends.ts';
import type { Overlay } from './overlay/overlay.ts';
import type { AgentDependencies } from './parts/dependencies.ts';

/** The appliers that more than the driver uses: `drover down` removes what they made. */
export interface Appliers {
  readonly serviceAddress: ServiceAddress;
  readonly routing: ManagedRouting;
  readonly floor: Floor;
  readonly guard: PortGuard;
  readonly backends: readonly Backend[];
}

/** Creates the appliers. Changes nothing on the host. */
export function createAppliers(
  deps: AgentDependencies,
  config: Config,
  { processId }: Pick<DockerSource, 'processId'>,
): Appliers {
  return {
    serviceAddress: createServiceAddress(deps, serviceAddressSettings(config)),
    routing: createManagedRouting(deps),
    floor: createFloor(deps),
    guard: createPortGuard({ ...deps, processId, bindingsFile: portBindingsFile(config) }),
    backends: createBackends(deps, config),
  };
}

export interface ComponentSources {
  readonly network: NetworkState;
  readonly overlay: Overlay;
  readonly resolvConf: ResolvConf;
  /** Null: switched off. */
  readonly balancer: LoadBalancer | null;
  readonly hostId: string;
  readonly managedNetwork: ManagedNetworkApplier;
  readonly docker: Pick<DockerSource, 'isConnected' | 'isComplete'>;
}

/** Names of the components that read the kernel: its events concern them. */
export const kernelComponents = ({ backends }: Pick<Appliers, 'backends'>): readonly string[] => [
  'service-address',
  'port-guard',
  'managed-routing',
  'overlay-floor',
  ...backends.map(tunnelName),
];

/** All components of this host. To add one, add a line. */
export function componentsOf(
  { serviceAddress, routing, floor, guard }: Appliers,
  config: Config['network'],
  { network, overlay, managedNetwork, hostId, docker, resolvConf, balancer }: ComponentSources,
): readonly Component<HostView>[] {
  const { enabled } = config;
  const { current, ranges } = network;
  const { isConnected, isComplete } = docker;
  const settingsAt = keepIdentical((underlayMtu: number) => managedNetworkSettings(config, hostId, underlayMtu));
  const settings = () => {
    const underlayMtu = overlay.state.underlayMtu();
    return underlayMtu === null ? null : settingsAt(underlayMtu);
  };
  const peers = (view: HostView) => overlay.plan(view)?.routes ?? null;
  const networkSources = { isConnected, isFound: () => current() !== null };
  return [
    serviceAddressComponent(serviceAddress),
    resolvConfComponent(resolvConf, { isComplete }),
    portGuardComponent(guard, enabled && config.guard ? { network: current, isComplete } : 'off'),
    ...(balancer === null ? [] : [balancer.component]),
    ...(enabled
      ? [
          managedNetworkComponent(managedNetwork, settings, networkSources),
          floorComponent(floor, { network: current, ranges, tunnels: overlay.state.carriers }),
          ...overlay.components,
          managedRoutingComponent(routing, { network: current, ranges, peers }),
        ]
      : []),
  ];
}
