export type { ListUsedAddresses } from './ipam/compare-leases.ts';
export { listDockerAddresses } from './ipam/docker-addresses.ts';
export { type IpamDependencies, type IpamServer, type IpamSettings, serveIpam } from './ipam/ipam-server.ts';
export { type StrandedOptions, startStranded } from './ipam/stranded-containers.ts';
export { type AgreedRanges, agreeOnRanges, forgetRanges, type NetworkRanges } from './network/agree-on-ranges.ts';
export {
  type Claim,
  type ClaimDocuments,
  type ClaimSettings,
  claimSubnets,
  type SubnetClaims,
} from './network/claim-subnets.ts';
export {
  ensureManagedNetwork,
  findManagedNetwork,
  type ManagedNetwork,
  type ManagedNetworkSettings,
  removeManagedNetwork,
} from './network/docker-network.ts';
export { findRangeConflicts, type RangeCheck } from './network/range-conflicts.ts';
export { guardedContainers, type PortGuardSources, portGuardComponent } from './port-guard/component.ts';
export type { DesiredGuard, GuardedContainer } from './port-guard/desired-guard.ts';
export { createPortGuard, type PortGuard } from './port-guard/port-guard.ts';
export { managedRoutingComponent, type RoutingSources } from './routing/component.ts';
export type { DesiredRouting, Peer, RoutingSettings } from './routing/desired-routing.ts';
export { createManagedRouting, type ManagedRouting } from './routing/managed-routing.ts';
export { serviceAddressComponent } from './service-address/component.ts';
export { createServiceAddress, type ServiceAddress } from './service-address/service-address.ts';
export { defaultServiceAddressSettings, type ServiceAddressSettings } from './service-address/settings.ts';
