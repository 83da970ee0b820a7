import { isIPv4 } from 'node:net';
import { type IpRoute, overlapsRoute, type Step, step } from '../../linux/index.ts';
import { type Cidr, cidrsOverlap, type Problem, parseIpv4Cidr } from '../../model/index.ts';
import type { Plan } from '../../reconcile/index.ts';
import type { DesiredRouting, Peer, RoutingSettings } from './desired-routing.ts';

/** The routes and addresses of this host. */
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
 * The steps to the routes to other hosts. Changes only routes with our protocol number. A subnet that overlaps another route
 * of this host is not routed and is a problem that names that route.
 */
export function planRoutes(
  { protocol }: RoutingSettings,
  desired: DesiredRouting,
  observed: ObservedRoutes,
): Plan<Step> {
  const problems: Problem[] = [];
  const ours = observed.routes.filter((route) => isOurs(route, protocol));
  const others = observed.routes.filter((route) => !isOurs(route, protocol));
  // The kernel rejects a source address that does not exist. The bridge gets it when Docker creates the network.
  const source = desired.own && observed.addresses.includes(desired.own.gateway) ? desired.own.gateway : null;
  const wanted = new Map<string, string>();
  for (const { cidr, peer } of collect(desired, problems)) {
    const other = others.find(({ dst }) => overlapsRoute(cidr, dst));
    if (other) problems.push(conflict(cidr, peer, other));
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

/** The steps that remove all our routes. */
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

/** The subnets of other hosts in the order of their addresses. Invalid subnets and subnets of two hosts are problems. */
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
    what: `overlaps the route to ${dst} ${via} of this host`,
    hint: `choose ranges for the managed network that overlap nothing, or remove ${dst} from this host`,
  };
}

function unusable(subnet: string, { hostId, address }: Peer): Problem {
  return {
    subject: `subnet ${subnet} of host ${hostId}`,
    what: `cannot be routed: subnet or address ${address} is not IPv4`,
    hint: `give host ${hostId} an IPv4 address that the other hosts can reach`,
  };
}

function claimedTwice(subnet: string, { hostId }: Peer, rival: Peer | null): Problem {
  return {
    subject: `subnet ${subnet} of host ${hostId}`,
    what: `overlaps the subnet of ${rival ? `host ${rival.hostId}` : 'this host'}`,
    hint: 'compare `drover status` on both hosts: one may be a copy of the other, or has returned with an old subnet',
  };
}
