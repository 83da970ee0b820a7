import { BlockList, isIP } from 'node:net';
import { plainAddress } from '../../model/index.ts';

/** Finds the client's address: that of the connection or, behind a trusted proxy only, the one in `X-Forwarded-For`. */
export interface ClientAddresses {
  /** The client's address in plain form; `peer` is the address of the connection. */
  addressOf(peer: string, forwardedFor: string | undefined): string;
  isProxy(peer: string): boolean;
}

/**
 * Throws when an entry is neither an address nor a CIDR. With `trustAll`, the whole header is taken as the address,
 * whichever client sends it.
 */
export function createClientAddresses(trustedProxies: readonly string[], { trustAll = false } = {}): ClientAddresses {
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
      if (trustAll) return forwardedFor || address;
      if (forwardedFor === undefined || !isProxy(address)) return address;
      // The proxy appends the address it saw. The entries before it come from the client and may be forged.
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
