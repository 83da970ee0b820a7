import { isIPv4 } from 'node:net';
import { type IpRoute, overlapsRoute, readIp } from '../../linux/index.ts';
import { type Problem, parseIpv4Cidr } from '../../model/index.ts';
import type { RunCommand } from '../../system/index.ts';

export interface RangeCheck {
  /** Canonical CIDRs that the managed network uses or would use. */
  readonly ranges: readonly string[];
  /** Our bridge: routes to it are no conflict. Default `drover1`. */
  readonly device?: string;
  /** Protocol number of our routes. Default 250. */
  readonly protocol?: number;
  /** Upstream resolvers, which must remain reachable. */
  readonly resolvers?: readonly string[];
}

/** Routes, interfaces, Docker bridges and resolvers of this host that use addresses of the ranges (Q37). */
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
    ...foreign.map(({ dst, dev }) => ({ dst, user: `the route to ${dst} on ${dev ?? 'no device'}` })),
    ...resolvers.filter(isIPv4).map((address) => ({ dst: address, user: `the resolver ${address}` })),
  ];
  return ranges.flatMap((text) => {
    const range = parseIpv4Cidr(text);
    return taken
      .filter(({ dst }) => range && overlapsRoute(range, dst))
      .map(({ user }) => ({
        subject: `managed network range ${text}`,
        what: `overlaps ${user} of this host`,
        hint: 'choose a range that overlaps nothing on any host',
      }));
  });
}
