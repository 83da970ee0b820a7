import { type Cidr, cidrsOverlap, parseIpv4Cidr } from '../model/index.ts';

/**
 * The range of `dst` as `ip route` prints it: a CIDR or an address. Null: not IPv4, or a default route, which overlaps nothing. VPNs set
 * 0.0.0.0/1 and 128.0.0.0/1 in its place.
 */
export function routeRange(dst: string): Cidr | null {
  const cidr = parseIpv4Cidr(dst.includes('/') ? dst : `${dst}/32`);
  return cidr !== null && cidr.prefixLength > 1 ? cidr : null;
}

/** Whether a range shares addresses with `dst` as `ip route` prints it. */
export function overlapsRoute(cidr: Cidr, dst: string): boolean {
  const other = routeRange(dst);
  return other !== null && cidrsOverlap(cidr, other);
}
