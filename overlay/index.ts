export type { Backend, DesiredTunnels, Hop, OwnEnd, TunnelPeer, TunnelTraffic } from './backend/backend.ts';
export { tunnelComponent, tunnelName } from './backend/tunnel-component.ts';
export { type AcceptedPeer, type AcceptedPeers, acceptPeers, NO_PEERS } from './choice/accept-peers.ts';
export { can, chooseBackend, lacks, type OverlayHost } from './choice/choose-backend.ts';
export { floorTunnels } from './choice/floor-tunnels.ts';
export { nextChoice, planChoice } from './choice/plan-choice.ts';
export { type BackendFacts, type PeersPlan, planPeers, type Reach, tunnelKey } from './choice/plan-peers.ts';
export { endsOf, planTunnels } from './choice/plan-tunnels.ts';
export { createDirect } from './direct/direct.ts';
export { type FloorSources, floorComponent } from './floor/component.ts';
export type { DesiredFloor, FloorTunnels } from './floor/desired-floor.ts';
export { createFloor, type Floor } from './floor/floor.ts';
export type { ListUsedAddresses } from './ipam/compare-leases.ts';
export { listDockerAddresses } from './ipam/docker-addresses.ts';
export { listDriverNetworks } from './ipam/driver-networks.ts';
export { type IpamDependencies, type IpamServer, type IpamSettings, serveIpam } from './ipam/ipam-server.ts';
export { startStranded } from './ipam/stranded-containers.ts';
export { charonCommand } from './ipsec/charon/render.ts';
export { defaultIpsecSettings, type IpsecOptions, type IpsecSettings } from './ipsec/charon/settings.ts';
export { createIpsec, type IpsecDependencies } from './ipsec/ipsec.ts';
export { KeyError } from './keys/key-file.ts';
export { type ManagedNetworkSources, managedNetworkComponent } from './network/component.ts';
export {
  type DockerNetwork,
  findDockerNetwork,
  MANAGED_LABEL,
  type NetworkSettings,
  removeManagedNetwork,
} from './network/docker-network.ts';
export {
  createManagedNetwork,
  type ManagedNetworkApplier,
  type ManagedNetworkDependencies,
} from './network/managed-network.ts';
export { forgetRanges, type NetworkDocuments, releaseSubnets } from './network/network-documents.ts';
export type { DesiredNetwork, NetworkChange, ObservedNetwork } from './network/plan.ts';
export type { NetworkRanges } from './network/plan-ranges.ts';
export { findRangeConflicts, type RangeCheck } from './network/range-conflicts.ts';
export { type PeerAddresses, underlayCandidates } from './paths/candidates.ts';
export { type ChosenPath, choosePath, type PathEvidence, patienceMs } from './paths/choose-path.ts';
export { guardedContainers, type PortGuardSources, portGuardComponent } from './port-guard/component.ts';
export type { DesiredGuard, GuardedContainer } from './port-guard/desired-guard.ts';
export { createPortGuard, type PortGuard } from './port-guard/port-guard.ts';
export type { PeerPath, ProbedPeer } from './probe/peer-path.ts';
export { createProber, type Prober, type ProbingHost } from './probe/prober.ts';
export { managedRoutingComponent, type RoutingSources } from './routing/component.ts';
export type { DesiredRouting, OwnNetwork, Peer, RoutingSettings } from './routing/desired-routing.ts';
export { createManagedRouting, type ManagedRouting } from './routing/managed-routing.ts';
export { serviceAddressComponent } from './service-address/component.ts';
export { createServiceAddress, type ServiceAddress } from './service-address/service-address.ts';
export { defaultServiceAddressSettings, type ServiceAddressSettings } from './service-address/settings.ts';
export { createVxlan } from './vxlan/vxlan.ts';
export { wireguardDevice } from './wireguard/settings.ts';
export { createWireguard, type WireguardDependencies, type WireguardOptions } from './wireguard/wireguard.ts';
