export { type IpamServer, type IpamSettings, type ListUsedAddresses, serveIpam } from './ipam/ipam-server.ts';
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
export {
  createManagedRouting,
  type DesiredRouting,
  type ManagedRouting,
  type Peer,
  type RoutingSettings,
} from './routes/managed-routing.ts';
export { createServiceAddress, type ServiceAddress } from './service-address/service-address.ts';
export { defaultServiceAddressSettings, type ServiceAddressSettings } from './service-address/settings.ts';
