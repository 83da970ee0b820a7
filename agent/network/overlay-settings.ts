import type { NetworkRanges, ServiceAddressSettings } from '../../overlay/index.ts';
import type { Config } from '../config/config.ts';

/** The settings of the service address. */
export function serviceAddressSettings({ dns }: Pick<Config, 'dns'>): Partial<ServiceAddressSettings> {
  const { namespace, device, address: serviceAddress, sourceAddress, hostAddress, maxQueriesPerSecond } = dns;
  return { namespace, device, serviceAddress, sourceAddress, hostAddress, maxQueriesPerSecond };
}

/** The ranges from which hosts claim their subnets, according to this host's configuration. */
export function networkRanges({ range, ranges, prefixLength }: Config['network']): NetworkRanges {
  return { ranges: [range, ...ranges], prefixLength };
}
