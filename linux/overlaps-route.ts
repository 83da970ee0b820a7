import { type Cidr, cidrsOverlap, parseIpv4Cidr } from '../model/index.ts';

/** The range of `dst` as `ip route` prints it: a CIDR or an address. Null: `default`, which overlaps nothing, or not IPv4. */
export function routeRange(dst: string): Cidr | null {
  const cidr = parseIpv4Cidr(dst.includes('/') ? dst : `${dst}/32`);
  return cidr !== null && cidr.prefixLength > 0 ? cidr : null;
}

/** Whether a range shares addresses with `dst` as `ip route` prints it. */
export function overlapsRoute(cidr: Cidr, dst: string): boolean {
  const other = routeRange(dst);
  return other !== null && cidrsOverlap(cidr, other);
}
