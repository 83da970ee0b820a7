import type { ClaimSettings, ServiceAddressSettings } from '../overlay/index.ts';
import type { Config } from './config.ts';

/** What the service address is made of. */
export function serviceAddressSettings({ dns }: Pick<Config, 'dns'>): Partial<ServiceAddressSettings> {
  const { namespace, device, address: serviceAddress, sourceAddress, hostAddress } = dns;
  return { namespace, device, serviceAddress, sourceAddress, hostAddress };
}

/** Where this host's subnet comes from. */
export function claimSettings({ network }: Pick<Config, 'network'>, hostId: string): ClaimSettings {
  return { hostId, ranges: [network.range, ...network.ranges], prefixLength: network.prefixLength };
}
