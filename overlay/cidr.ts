import { isIPv4 } from 'node:net';

/** An IPv4 network: first address as a number, and how many bits are fixed. */
export interface Cidr {
  readonly base: number;
  readonly prefixLength: number;
}

/** `10.42.0.0/16`, canonical only (no bits set behind the prefix); null for anything else. */
export function parseCidr(text: string): Cidr | null {
  const [address = '', length = '', ...rest] = text.split('/');
  if (rest.length > 0 || !isIPv4(address) || !/^(0|[1-9]\d?)$/.test(length)) return null;
  const cidr = { base: addressToNumber(address), prefixLength: Number(length) };
  return cidr.prefixLength <= 32 && cidr.base % size(cidr) === 0 ? cidr : null;
}

export function formatCidr({ base, prefixLength }: Cidr): string {
  return `${numberToAddress(base)}/${prefixLength}`;
}

/** How many addresses it holds. */
export function size({ prefixLength }: Pick<Cidr, 'prefixLength'>): number {
  return 2 ** (32 - prefixLength);
}

export function overlaps(a: Cidr, b: Cidr): boolean {
  return a.base < b.base + size(b) && b.base < a.base + size(a);
}

export function contains(outer: Cidr, inner: Cidr): boolean {
  return inner.base >= outer.base && inner.base + size(inner) <= outer.base + size(outer);
}

/** Of an address that `isIPv4` accepted. */
export function addressToNumber(address: string): number {
  return address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
}

export function numberToAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}

/** The first address a host can have: the gateway of our networks. */
export function gatewayOf(cidr: Cidr): string {
  return numberToAddress(cidr.base + 1);
}
