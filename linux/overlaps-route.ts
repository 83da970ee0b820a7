import { type Cidr, cidrsOverlap, parseIpv4Cidr } from '../model/index.ts';

/** Whether a range shares addresses with `dst` as `ip route` prints it: a CIDR, an address, or `default`, which overlaps nothing. */
export function overlapsRoute(cidr: Cidr, dst: string): boolean {
  const other = parseIpv4Cidr(dst.includes('/') ? dst : `${dst}/32`);
  return other !== null && other.prefixLength > 0 && cidrsOverlap(cidr, other);
}
