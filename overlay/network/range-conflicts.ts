import { isIPv4 } from 'node:net';
import { type IpRoute, readIp } from '../../linux/index.ts';
import { type Cidr, cidrsOverlap, type Problem, parseIpv4Cidr } from '../../model/index.ts';
import type { RunCommand } from '../../system/index.ts';

export interface RangeCheck {
  /** Canonical CIDRs that the managed network uses or would use. */
  readonly ranges: readonly string[];
  /** Our own bridge: what leads there is no conflict. Default `drover1`. */
  readonly device?: string;
  /** Our own routes, by protocol number. Default 250. */
  readonly protocol?: number;
  /** Upstream resolvers, which must stay reachable. */
  readonly resolvers?: readonly string[];
}

/** What on this host already uses addresses of the ranges (routes, interfaces, Docker's bridges, resolvers), each named (Q37). */
export async function findRangeConflicts(
  { run }: { run: RunCommand },
  check: RangeCheck,
  signal?: AbortSignal,
): Promise<readonly Problem[]> {
  return planRangeConflicts(check, (await readIp(run, ['route show table main'], { signal })).routes);
}

export function planRangeConflicts(
  { ranges, device = 'drover1', protocol = 250, resolvers = [] }: RangeCheck,
  routes: readonly IpRoute[],
): Problem[] {
  const foreign = routes.filter((route) => route.dev !== device && route.protocol !== String(protocol));
  const taken = [
    ...foreign.map(({ dst, dev }) => ({ dst, culprit: `the route to ${dst} on ${dev ?? 'no device'}` })),
    ...resolvers.filter(isIPv4).map((address) => ({ dst: address, culprit: `the resolver ${address}` })),
  ];
  return ranges.flatMap((text) => {
    const range = parseIpv4Cidr(text);
    return taken
      .filter(({ dst }) => range && overlapsRoute(range, dst))
      .map(({ culprit }) => ({
        subject: `managed network range ${text}`,
        what: `overlaps ${culprit} of this host`,
        hint: 'choose a range that overlaps nothing on any host',
      }));
  });
}

/** `dst` as `ip route` prints it: a CIDR, an address, or `default`, which overlaps nothing. */
export function overlapsRoute(cidr: Cidr, dst: string): boolean {
  const other = parseIpv4Cidr(dst.includes('/') ? dst : `${dst}/32`);
  return other !== null && other.prefixLength > 0 && cidrsOverlap(cidr, other);
}
