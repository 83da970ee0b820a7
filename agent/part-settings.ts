import type { NetworkRanges, ServiceAddressSettings } from '../overlay/index.ts';
import type { Config } from './config/config.ts';

/** What the service address is made of. */
export function serviceAddressSettings({ dns }: Pick<Config, 'dns'>): Partial<ServiceAddressSettings> {
  const { namespace, device, address: serviceAddress, sourceAddress, hostAddress, maxQueriesPerSecond } = dns;
  return { namespace, device, serviceAddress, sourceAddress, hostAddress, maxQueriesPerSecond };
}

/** From what hosts take their subnets, as this host's configuration has it. */
export function networkRanges({ range, ranges, prefixLength }: Config['network']): NetworkRanges {
  return { ranges: [range, ...ranges], prefixLength };
}
