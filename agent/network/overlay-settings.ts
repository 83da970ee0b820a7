import type { DesiredNetwork, NetworkRanges, ServiceAddressSettings } from '../../overlay/index.ts';
import type { Config } from '../config/config.ts';

/** Docker's default. */
const DOCKER_MTU = 1500;

/** The settings of the service address. */
export function serviceAddressSettings({ dns }: Pick<Config, 'dns'>): Partial<ServiceAddressSettings> {
  const { namespace, device, address: serviceAddress, sourceAddress, hostAddress, maxQueriesPerSecond } = dns;
  return { namespace, device, serviceAddress, sourceAddress, hostAddress, maxQueriesPerSecond };
}

/** The managed network of this host, according to its configuration. */
export function managedNetworkSettings(config: Config['network'], hostId: string): DesiredNetwork {
  const { name, device, mtu } = config;
  return { hostId, name, device, mtu: mtu ?? DOCKER_MTU, configured: networkRanges(config) };
}

/** The ranges from which hosts claim their subnets, according to this host's configuration. */
export function networkRanges({ range, ranges, prefixLength }: Config['network']): NetworkRanges {
  return { ranges: [range, ...ranges], prefixLength };
}
