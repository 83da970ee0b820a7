import { isIPv4 } from 'node:net';
import { batch, type IpRoute, routeRange, type Step } from '../../linux/index.ts';
import { type Cidr, cidrSize, cidrsOverlap, nthAddress, type Problem, parseIpv4Cidr } from '../../model/index.ts';
import type { Plan } from '../../reconcile/index.ts';
import type { DesiredRouting, Peer, PeerRoute, RoutingSettings } from './desired-routing.ts';

/** The routes, addresses and tunnels of this host. */
export interface ObservedRoutes {
  /** The main table. */
  readonly routes: readonly IpRoute[];
  /** Addresses this host has. */
  readonly addresses: readonly string[];
  /** Those devices of the wanted hops that exist and are up. */
  readonly devices: readonly string[];
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
  const ours = observed.routes.filter((route) => isOurRoute(route, protocol));
  const others = observed.routes
    .filter((route) => route.protocol !== String(protocol))
    .map((route) => ({ route, range: routeRange(route.dst) }));
  // The kernel rejects a source address that does not exist. The bridge gets it when Docker creates the network.
  const source = desired.own && observed.addresses.includes(desired.own.gateway) ? desired.own.gateway : null;
  const standing = new Map(ours.map((route) => [route.dst, formatStanding(route)]));
  const wanted = new Map<string, string>();
  const waiting = new Map<string, Set<string>>();
  for (const { cidr, peer } of collect(desired, problems)) {
    const { device } = peer.hop;
    const other = others.find(({ range }) => range && cidrsOverlap(cidr, range))?.route;
    if (other) problems.push(conflict(cidr, peer, other));
    else if (device === null || observed.devices.includes(device)) {
      for (const [dst, route] of routesTo(cidr, peer)) wanted.set(dst, formatRoute(route, source));
    } else {
      // The route that stands goes on until the new device is there.
      for (const [dst] of routesTo(cidr, peer)) wanted.set(dst, standing.get(dst) ?? '');
      waiting.set(device, (waiting.get(device) ?? new Set()).add(peer.hostId));
    }
  }
  const changed = [...wanted].filter(([dst, how]) => how !== '' && standing.get(dst) !== how);
  return {
    changes: [
      ...batch(
        'ip',
        changed.map(([dst, how]) => `route replace ${dst} ${how} proto ${protocol}`),
      ),
      ...planDeletions(
        ours.filter(({ dst }) => !wanted.has(dst)),
        protocol,
      ),
    ],
    problems: [...problems, ...[...waiting].map(([device, hosts]) => noDevice(device, hosts))],
  };
}

/** The steps that remove all our routes. */
export function planRouteRemoval({ protocol }: RoutingSettings, { routes }: Pick<ObservedRoutes, 'routes'>): Step[] {
  return planDeletions(
    routes.filter((route) => isOurRoute(route, protocol)),
    protocol,
  );
}

function planDeletions(routes: readonly IpRoute[], protocol: number): Step[] {
  return batch(
    'ip',
    routes.map(({ dst }) => `route delete ${dst} proto ${protocol}`),
  );
}

/** The lines of a step that delete routes. */
export function routeDeletions({ file, input = '' }: Step): readonly string[] {
  return file === 'ip' ? input.split('\n').filter((line) => line.startsWith('route delete ')) : [];
}

/** Routes of this protocol that lead nowhere (`blackhole`) are not made here. */
export function isOurRoute({ protocol, type }: IpRoute, ours: number): boolean {
  return protocol === String(ours) && (type ?? 'unicast') === 'unicast';
}

/**
 * The route to a subnet. If it has an MTU, the gateway of the subnet has a route without one: probes of larger packets go there, and the
 * kernel would fragment them.
 */
function routesTo(cidr: Cidr, peer: Peer): readonly (readonly [dst: string, route: PeerRoute])[] {
  const gateway = peer.mtu === null ? null : nthAddress(cidr, 1);
  return [[cidr.text, peer], ...(gateway === null ? [] : [[gateway.text, { ...peer, mtu: null }] as const])];
}

/** `[via GATEWAY] [dev DEVICE [onlink]] [src SOURCE] [mtu BYTES]`; the kernel finds the device of a plain route. */
function formatRoute({ hop: { device, gateway }, mtu }: PeerRoute, source: string | null): string {
  return [
    ...(gateway === null ? [] : [`via ${gateway}`]),
    ...(device === null ? [] : [`dev ${device}`]),
    ...(device === null || gateway === null ? [] : ['onlink']),
    ...(source === null ? [] : [`src ${source}`]),
    ...(mtu === null ? [] : [`mtu ${mtu}`]),
  ].join(' ');
}

/** A route in the kernel, as `formatRoute` prints it. */
function formatStanding({ gateway, dev, prefsrc, flags, metrics }: IpRoute): string {
  const isPlain = gateway !== undefined && !flags?.includes('onlink');
  const mtu = metrics?.find((metric) => metric.mtu !== undefined)?.mtu ?? null;
  const device = isPlain ? null : (dev ?? null);
  return formatRoute({ hop: { device, gateway: gateway ?? null }, mtu }, prefsrc ?? null);
}

/** The subnets of other hosts in the order of their addresses. Invalid subnets and subnets of two hosts are problems. */
function collect({ peers, own }: DesiredRouting, problems: Problem[]): readonly Wanted[] {
  const ownCidr = own ? parseIpv4Cidr(own.subnet) : null;
  const all: Wanted[] = [];
  for (const peer of peers.toSorted((a, b) => (a.hostId < b.hostId ? -1 : 1))) {
    for (const subnet of peer.subnets) {
      const cidr = parseIpv4Cidr(subnet);
      if (!cidr || !isUsable(peer.hop)) problems.push(unusable(subnet, peer));
      else if (ownCidr && cidrsOverlap(ownCidr, cidr)) problems.push(claimedTwice(subnet, peer, null));
      else all.push({ cidr, peer });
    }
  }
  // Subnets that overlap are neighbours then. The sort is stable: the host with the lower id comes first.
  const sorted = all.toSorted((a, b) => Number(a.cidr.first - b.cidr.first));
  return groupsOf(sorted).flatMap((group) => withoutRivals(group, problems));
}

function isUsable({ device, gateway }: PeerRoute['hop']): boolean {
  return gateway === null ? device !== null : isIPv4(gateway);
}

/** Splits subnets in the order of their addresses where one does not reach the next. */
function groupsOf(sorted: readonly Wanted[]): readonly (readonly Wanted[])[] {
  const groups: Wanted[][] = [];
  let end = 0n;
  for (const one of sorted) {
    if (one.cidr.first < end) groups.at(-1)?.push(one);
    else groups.push([one]);
    const ownEnd = one.cidr.first + cidrSize(one.cidr);
    if (ownEnd > end) end = ownEnd;
  }
  return groups;
}

/** Of subnets that overlap, the host with the lower id keeps its own. */
function withoutRivals(group: readonly Wanted[], problems: Problem[]): readonly Wanted[] {
  const kept: Wanted[] = [];
  for (const one of group.toSorted((a, b) => (a.peer.hostId < b.peer.hostId ? -1 : 1))) {
    const rival = kept.find(({ cidr }) => cidrsOverlap(cidr, one.cidr));
    if (rival) problems.push(claimedTwice(one.cidr.text, one.peer, rival.peer));
    else kept.push(one);
  }
  return kept.toSorted((a, b) => Number(a.cidr.first - b.cidr.first));
}

function conflict(cidr: Cidr, { hostId, hop }: Peer, { dst, dev, gateway }: IpRoute): Problem {
  const via = [gateway ? `via ${gateway}` : '', dev ? `on ${dev}` : ''].filter(Boolean).join(' ');
  return {
    subject: `route to ${cidr.text} of host ${hostId} (${hop.device ?? hop.gateway})`,
    what: `overlaps the route to ${dst} ${via} of this host`,
    hint: `choose ranges for the managed network that overlap nothing, or remove ${dst} from this host`,
  };
}

function noDevice(device: string, hosts: ReadonlySet<string>): Problem {
  const [first, ...rest] = [...hosts].toSorted();
  return {
    subject: `device ${device}`,
    what: `does not exist or is down: no new route to ${hosts.size === 1 ? `host ${first}` : `host ${first} and ${rest.length} others`}`,
    hint: 'no action needed if it is being made; else see what `drover status` says about the overlay',
  };
}

function unusable(subnet: string, { hostId, hop }: Peer): Problem {
  return {
    subject: `subnet ${subnet} of host ${hostId}`,
    what: `cannot be routed: subnet or address ${hop.gateway ?? ''} is not IPv4`,
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
