import type { DesiredNetwork, NetworkRanges, ServiceAddressSettings } from '../../overlay/index.ts';
import type { Config } from '../config/config.ts';

/** For the headers of the tunnel with the largest ones. Docker cannot change the MTU of a network later, and the backend may change. */
const TUNNEL_BYTES = 100;

/** The settings of the service address. */
export function serviceAddressSettings({ dns }: Pick<Config, 'dns'>): Partial<ServiceAddressSettings> {
  const { namespace, device, address: serviceAddress, sourceAddress, hostAddress, maxQueriesPerSecond } = dns;
  return { namespace, device, serviceAddress, sourceAddress, hostAddress, maxQueriesPerSecond };
}

/** The managed network of this host, according to its configuration. */
export function managedNetworkSettings(config: Config['network'], hostId: string, underlayMtu: number): DesiredNetwork {
  const { name, device, mtu, backend } = config;
  const inTunnel = backend === 'direct' ? underlayMtu : underlayMtu - TUNNEL_BYTES;
  return { hostId, name, device, mtu: mtu ?? inTunnel, configured: networkRanges(config) };
}

/** The ranges from which hosts claim their subnets, according to this host's configuration. */
export function networkRanges({ range, ranges, prefixLength }: Config['network']): NetworkRanges {
  return { ranges: [range, ...ranges], prefixLength };
}
