import { isIPv4 } from 'node:net';
import { type IpRoute, type Step, step } from '../../linux/index.ts';
import { type Cidr, cidrsOverlap, type Problem, parseIpv4Cidr } from '../../model/index.ts';
import type { Plan } from '../../reconcile/index.ts';
import { overlapsRoute } from '../network/range-conflicts.ts';
import type { DesiredRouting, Peer, RoutingSettings } from './desired-routing.ts';

/** What of the host's routing matters for the routes to other hosts. */
export interface ObservedRoutes {
  /** The main table. */
  readonly routes: readonly IpRoute[];
  /** Addresses this host has. */
  readonly addresses: readonly string[];
}

interface Wanted {
  readonly cidr: Cidr;
  readonly peer: Peer;
}

/**
 * Steps to the routes to the other hosts' subnets. Touches only routes with our protocol number; a subnet that overlaps
 * what this host already reaches another way is not routed and is a problem that names it.
 */
export function planRoutes(
  { protocol }: RoutingSettings,
  desired: DesiredRouting,
  observed: ObservedRoutes,
): Plan<Step> {
  const problems: Problem[] = [];
  const ours = observed.routes.filter((route) => isOurs(route, protocol));
  const others = observed.routes.filter((route) => !isOurs(route, protocol) && route.dst !== 'default');
  // A source address that is not there yet is refused by the kernel; the bridge has it once Docker made the network.
  const source = desired.own && observed.addresses.includes(desired.own.gateway) ? desired.own.gateway : null;
  const wanted = new Map<string, string>();
  for (const { cidr, peer } of collect(desired, problems)) {
    const culprit = others.find(({ dst }) => overlapsRoute(cidr, dst));
    if (culprit) problems.push(conflict(cidr, peer, culprit));
    else wanted.set(cidr.text, `via ${peer.address}${source ? ` src ${source}` : ''}`);
  }
  const standing = new Map(ours.map((route) => [route.dst, formatRoute(route)]));
  const changes = [
    ...[...wanted]
      .filter(([dst, how]) => standing.get(dst) !== how)
      .map(([dst, how]) => step(`ip route replace ${dst} ${how} proto ${protocol}`)),
    ...ours.filter(({ dst }) => !wanted.has(dst)).map(({ dst }) => step(`ip route delete ${dst} proto ${protocol}`)),
  ];
  return { changes, problems };
}

/** Steps that remove all routes of ours. */
export function planRouteRemoval({ protocol }: RoutingSettings, { routes }: ObservedRoutes): Step[] {
  return routes
    .filter((route) => isOurs(route, protocol))
    .map(({ dst }) => step(`ip route delete ${dst} proto ${protocol}`));
}

export function isRouteDeletion({ file, args }: Step): boolean {
  return file === 'ip' && args[0] === 'route' && args[1] === 'delete';
}

function isOurs(route: IpRoute, protocol: number): boolean {
  return route.protocol === String(protocol);
}

function formatRoute({ gateway, prefsrc }: IpRoute): string {
  return `via ${gateway ?? '(none)'}${prefsrc === undefined ? '' : ` src ${prefsrc}`}`;
}

/** The other hosts' subnets in the order of their addresses; what does not parse or belongs to two is a problem. */
function collect({ peers, own }: DesiredRouting, problems: Problem[]): Wanted[] {
  const wanted: Wanted[] = [];
  const ownCidr = own ? parseIpv4Cidr(own.subnet) : null;
  const sorted = peers.toSorted((a, b) => (a.hostId < b.hostId ? -1 : 1));
  for (const peer of sorted) {
    for (const subnet of peer.subnets) {
      const cidr = parseIpv4Cidr(subnet);
      if (!cidr || !isIPv4(peer.address)) {
        problems.push(unusable(subnet, peer));
        continue;
      }
      const rival = wanted.find((other) => cidrsOverlap(other.cidr, cidr));
      if (rival || (ownCidr && cidrsOverlap(ownCidr, cidr)))
        problems.push(claimedTwice(subnet, peer, rival?.peer ?? null));
      else wanted.push({ cidr, peer });
    }
  }
  return wanted.toSorted((a, b) => Number(a.cidr.first - b.cidr.first));
}

function conflict(cidr: Cidr, { hostId, address }: Peer, { dst, dev, gateway }: IpRoute): Problem {
  const via = [gateway ? `via ${gateway}` : '', dev ? `on ${dev}` : ''].filter(Boolean).join(' ');
  return {
    subject: `route to ${cidr.text} of host ${hostId} (${address})`,
    what: `overlaps ${dst} ${via}, which this host has already`,
    hint: `choose ranges for the managed network that overlap nothing, or remove ${dst} from this host`,
  };
}

function unusable(subnet: string, { hostId, address }: Peer): Problem {
  return {
    subject: `subnet ${subnet} of host ${hostId}`,
    what: `cannot be routed: subnet or address ${address} is not IPv4`,
    hint: `give host ${hostId} an IPv4 address that the others reach`,
  };
}

function claimedTwice(subnet: string, { hostId }: Peer, rival: Peer | null): Problem {
  return {
    subject: `subnet ${subnet} of host ${hostId}`,
    what: `overlaps the subnet of ${rival ? `host ${rival.hostId}` : 'this host'}`,
    hint: 'one of the two is a copy of the other or came back with an old subnet: look at `drover status` on both',
  };
}
