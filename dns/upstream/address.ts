import { BlockList, isIP } from 'node:net';

/** A resolver to ask. */
export interface Upstream {
  readonly address: string;
  readonly port: number;
}

/** `10.0.0.2`, `10.0.0.2:5353`, `2001:db8::2`, `[2001:db8::2]:5353`; null for anything else. */
export function parseUpstream(text: string): Upstream | null {
  if (isIP(text) !== 0) return { address: text, port: 53 };
  const parts = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text);
  const address = parts?.[1] ?? parts?.[2] ?? '';
  const port = Number(parts?.[3] ?? 53);
  const family = parts?.[1] === undefined ? 4 : 6;
  return isIP(address) === family && port >= 1 && port <= 65_535 ? { address, port } : null;
}

export function formatUpstream({ address, port }: Upstream): string {
  return isIP(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`;
}

/** An address that means another program on every machine: a stub such as 127.0.0.53, never reachable from a container. */
export function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1' || address.toLowerCase().startsWith('::ffff:127.');
}

/** Of this site: only such a resolver can know what the site's own addresses are called. */
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
