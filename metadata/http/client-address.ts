import { BlockList, isIP } from 'node:net';
import { plainAddress } from '../../model/index.ts';

/** Tells who asks, from the connection and, behind a trusted proxy only, from `X-Forwarded-For`. */
export interface Callers {
  /** The asker's address in plain form; `peer` is the connection's. */
  addressOf(peer: string, forwardedFor: string | undefined): string;
  isProxy(peer: string): boolean;
}

/** Throws when an entry is neither an address nor a CIDR. With `any` whatever anybody says is taken as it stands. */
export function createCallers(trustedProxies: readonly string[], { any = false } = {}): Callers {
  const trusted = new BlockList();
  for (const entry of trustedProxies) addTrusted(trusted, entry);
  const isProxy = (address: string): boolean => {
    const version = isIP(address);
    return version !== 0 && trusted.check(address, version === 4 ? 'ipv4' : 'ipv6');
  };
  return {
    isProxy: (peer) => isProxy(plainAddress(peer)),
    addressOf: (peer, forwardedFor) => {
      const address = plainAddress(peer);
      if (any) return forwardedFor || address;
      if (forwardedFor === undefined || !isProxy(address)) return address;
      // The last entry is what the proxy saw; the ones before it are what it was told.
      const hops = forwardedFor.split(',').map((hop) => hop.trim());
      return hops.findLast((hop) => !isProxy(hop)) || address;
    },
  };
}

function addTrusted(list: BlockList, entry: string): void {
  const [address = '', prefix] = entry.split('/');
  const version = isIP(address);
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const length = Number(prefix);
  if (version === 0 || (prefix !== undefined && !(/^\d+$/.test(prefix) && length <= (version === 4 ? 32 : 128)))) {
    throw new Error(`trusted proxy ${entry}: not an address or CIDR; write it as 192.0.2.7 or 192.0.2.0/24`);
  }
  if (prefix === undefined) list.addAddress(address, family);
  else list.addSubnet(address, length, family);
}
