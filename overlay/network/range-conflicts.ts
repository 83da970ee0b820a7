import { isIPv4 } from 'node:net';
import { type IpRoute, overlapsRoute, readIp } from '../../linux/index.ts';
import { type Problem, parseIpv4Cidr } from '../../model/index.ts';
import type { RunCommand } from '../../system/index.ts';
import { ROUTING_TABLE } from '../ipsec/charon/settings.ts';

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
  return planRangeConflicts(check, await readRangeRoutes(run, signal));
}

/**
 * Of all tables: VPNs have tables of their own. Without this host's addresses, whose networks have routes as well, and without the table of our
 * charon, which has routes to other hosts' subnets.
 */
export async function readRangeRoutes(run: RunCommand, signal?: AbortSignal): Promise<readonly IpRoute[]> {
  const { routes } = await readIp(run, ['route show table all'], { signal });
  return routes.filter(({ table }) => table !== 'local' && table !== String(ROUTING_TABLE));
}

const tableText = (table = 'main'): string => (table === 'main' ? '' : ` (table ${table})`);

export function planRangeConflicts(
  { ranges, device = 'drover1', protocol = 250, resolvers = [] }: RangeCheck,
  routes: readonly IpRoute[],
): Problem[] {
  const foreign = routes.filter((route) => route.dev !== device && route.protocol !== String(protocol));
  const taken = [
    ...foreign.map(({ dst, dev, table }) => ({
      dst,
      user: `the route to ${dst} on ${dev ?? 'no device'}${tableText(table)}`,
    })),
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
