import { BlockList, isIP } from 'node:net';

/** A loopback address, for example of a stub such as 127.0.0.53. A container cannot reach it. */
export function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1' || address.toLowerCase().startsWith('::ffff:127.');
}

/** A private address. Only a resolver with such an address can know the reverse names of private addresses. */
export function isSiteAddress(address: string): boolean {
  const plain = address.split('%')[0] ?? '';
  return isLoopback(plain) || siteRanges().check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4');
}

const SITE_RANGES = [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['169.254.0.0', 16],
  ['fc00::', 7],
  ['fe80::', 10],
] as const;

function siteRanges(): BlockList {
  const ranges = new BlockList();
  for (const [address, bits] of SITE_RANGES) ranges.addSubnet(address, bits, address.includes(':') ? 'ipv6' : 'ipv4');
  return ranges;
}
