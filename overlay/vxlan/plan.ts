import { acceptArrivals, batch, type IpLink, isUp, type Step, step } from '../../linux/index.ts';
import { canonicalAddress, type Problem } from '../../model/index.ts';
import type { Plan } from '../../reconcile/index.ts';
import type { DesiredTunnels, OwnEnd } from '../backend/backend.ts';
import type { Forwarding, ObservedVxlan } from './observe.ts';
import { familyOf, macOf, nextHopOf, type PeerEntries, resolvePeers } from './resolve.ts';
import type { VxlanSettings } from './settings.ts';

/** The device first, then the entries of all peers: all new ones of a kind in one step, before those that go. */
export function planVxlan(
  settings: VxlanSettings,
  { own, peers }: DesiredTunnels,
  observed: ObservedVxlan,
): Plan<Step> {
  if (own === null) return { changes: planVxlanRemoval(settings, observed), problems: [] };
  const obstacle = obstacleTo(settings, own, observed);
  if (obstacle) return { changes: [], problems: [obstacle] };
  const { entries, problems } = resolvePeers(settings, own, peers);
  const { changes, keepsNeighbours, keepsForwarding } = planDevice(settings, own, observed);
  const forwarding = keepsForwarding ? observed.forwarding : [];
  const neighbours = keepsNeighbours ? observed.neighbours : new Map<string, string>();
  return {
    changes: [
      ...changes,
      ...planForwarding(settings, entries, forwarding),
      ...planNeighbours(settings, entries, neighbours),
    ],
    // It is made and started in one step, so the start has failed.
    problems: observed.link && !isUp(observed.link) ? [...problems, notStarted(settings)] : problems,
  };
}

/** The entries of a device go with it. */
export function planVxlanRemoval({ device, vni }: VxlanSettings, { link }: ObservedVxlan): Step[] {
  return link && isOurs(link, vni) ? [step(`ip link delete ${device}`)] : [];
}

function isOurs({ linkinfo }: IpLink, vni: number): boolean {
  return linkinfo?.info_kind === 'vxlan' && linkinfo.info_data?.id === vni;
}

interface DevicePlan {
  readonly changes: readonly Step[];
  /** False: the kernel drops the entries with these changes. */
  readonly keepsNeighbours: boolean;
  readonly keepsForwarding: boolean;
}

function planDevice(settings: VxlanSettings, own: OwnEnd, { link, netconf }: ObservedVxlan): DevicePlan {
  const { device, vni, port } = settings;
  const mac = macOf(nextHopOf([own.subnet]) ?? '');
  // The source address is the kernel's choice for each path. For IPv6 the device needs an address to know its family.
  const local = familyOf(own.address) === 6 ? canonicalAddress(own.address) : null;
  const kept = link && hasForm(link, port, local) ? link : null;
  const sets = [
    ...(kept?.address === mac ? [] : [`address ${mac}`]),
    ...(kept?.mtu === own.mtu ? [] : [`mtu ${own.mtu}`]),
    ...(kept && isUp(kept) ? [] : ['up']),
  ];
  // UDP over IPv4 has no checksum here, as the standard asks for [RFC 7348 §5]: the packets inside have their own.
  const form = local === null ? 'noudpcsum' : `local ${local}`;
  const lines = [
    ...(kept || !link ? [] : [`link delete ${device}`]),
    // The mode cannot be set if the MTU is too small for IPv6.
    ...(kept
      ? []
      : [
          `link add ${device} type vxlan id ${vni} dstport ${port} ${form} nolearning`,
          `link set ${device} addrgenmode none`,
        ]),
    ...(sets.length === 0 ? [] : [`link set ${device} ${sets.join(' ')}`]),
  ];
  return {
    changes: [...batch('ip', lines), ...acceptArrivals(device, own.subnet, { link: kept, netconf })],
    keepsNeighbours: kept?.address === mac && isUp(kept),
    keepsForwarding: kept !== null,
  };
}

/** What cannot be changed while the device exists. */
function hasForm({ linkinfo }: IpLink, port: number, local: string | null): boolean {
  const data = linkinfo?.info_data;
  return (
    data?.port === port &&
    data.learning === false &&
    (data.local6 ?? null) === local &&
    data.local === undefined &&
    data.remote === undefined &&
    data.group === undefined
  );
}

/** A MAC address of one host has one destination at a time: the kernel replaces it at once, and would ignore a second one. */
function planForwarding({ device }: VxlanSettings, peers: readonly PeerEntries[], now: readonly Forwarding[]): Step[] {
  const wanted = new Map(peers.map(({ mac, destination }) => [mac, destination]));
  const standing = new Map(now.map(({ mac, destination }) => [mac, destination]));
  const added = [...wanted].filter(([mac, destination]) => standing.get(mac) !== destination);
  const gone = now.filter(({ mac }) => !wanted.has(mac));
  return [
    ...batch(
      'bridge',
      added.map(([mac, destination]) => `fdb replace ${mac} dev ${device} dst ${destination}`),
    ),
    ...batch(
      'bridge',
      gone.map(({ mac, destination }) => `fdb delete ${mac} dev ${device} dst ${destination}`),
    ),
  ];
}

function planNeighbours(
  { device }: VxlanSettings,
  peers: readonly PeerEntries[],
  now: ReadonlyMap<string, string>,
): Step[] {
  const wanted = new Map(peers.map(({ nextHop, mac }) => [nextHop, mac]));
  const added = [...wanted].filter(([hop, mac]) => now.get(hop) !== mac);
  const gone = [...now.keys()].filter((hop) => !wanted.has(hop));
  return [
    ...batch(
      'ip',
      added.map(([hop, mac]) => `neighbour replace ${hop} lladdr ${mac} dev ${device} nud permanent`),
    ),
    ...batch(
      'ip',
      gone.map((hop) => `neighbour delete ${hop} dev ${device}`),
    ),
  ];
}

/** Why our device cannot be made. */
function obstacleTo({ device, vni, port }: VxlanSettings, own: OwnEnd, observed: ObservedVxlan): Problem | null {
  const { link, others } = observed;
  if (nextHopOf([own.subnet]) === null || familyOf(own.address) === null) return notAnEnd(device, own);
  if (link && !isOurs(link, vni)) return notOurs(device, vni, link);
  const rival = others.find(({ linkinfo }) => linkinfo?.info_data?.id === vni && linkinfo.info_data.port === port);
  return rival && link?.linkinfo?.info_data?.port !== port ? taken(device, vni, port, rival) : null;
}

function notAnEnd(device: string, { subnet, address }: OwnEnd): Problem {
  return {
    subject: `device ${device}`,
    what: `cannot be made: subnet ${JSON.stringify(subnet)} is not an IPv4 range, or ${JSON.stringify(address)} is not an address`,
    hint: 'set `host.address` to an address of this host that the other hosts can reach',
  };
}

function notOurs(device: string, vni: number, { linkinfo }: IpLink): Problem {
  const { info_kind: kind = 'device of an unknown kind', info_data: data } = linkinfo ?? {};
  return {
    subject: `device ${device}`,
    what: `exists and was not made by Drover: it is a ${kind}${kind === 'vxlan' ? ` with VNI ${data?.id}, not ${vni}` : ''}`,
    hint: `remove it (\`ip link delete ${device}\`), or rename it`,
  };
}

function notStarted({ device, port }: VxlanSettings): Problem {
  return {
    subject: `device ${device}`,
    what: `is down: somebody has stopped it, or another program has UDP port ${port}`,
    hint: `if this stays, find the program with \`ss -lnup sport = :${port}\` and stop it`,
  };
}

function taken(device: string, vni: number, port: number, { ifname }: IpLink): Problem {
  return {
    subject: `device ${device}`,
    what: `cannot be made: the VXLAN device ${ifname} has the same VNI ${vni} and UDP port ${port}`,
    hint: `remove ${ifname}, or choose another UDP port for Drover on all hosts`,
  };
}
