import type { IpLink, IpRoute } from '../../linux/index.ts';
import { type Cidr, parseInterfaceCidr } from '../../model/index.ts';

/** An address of this host at which other hosts may reach it, with the network that it is in. */
export interface UplinkAddress {
  readonly address: string;
  readonly network: Cidr;
  readonly device: string;
  /** Largest packet of the device, bytes. */
  readonly mtu: number;
}

/** Devices of tunnels, by the kind that the kernel names. */
const TUNNELS = new Set(
  'vxlan geneve wireguard tun gre gretap ip6gre ip6gretap ipip sit ip6tnl vti vti6 xfrm ppp'.split(' '),
);
/** Devices of containers and virtual machines. A veth with another name may be the uplink of a machine that is a container itself. */
const NOT_AN_UPLINK = /^(lo|docker|br-|veth|drover|virbr|cni|flannel|cali|tun|tap|ipsec|wg)/;
const DEFAULT_MTU = 1500;

/**
 * The addresses of this host on its networks, the preferred one first: that of the default route, then those of other uplinks, IPv4
 * before IPv6. Addresses of bridges, tunnels and containers are left out, unless the default route is on the device.
 */
export function uplinkAddresses(links: readonly IpLink[], defaultRoutes: readonly IpRoute[]): readonly UplinkAddress[] {
  const routes = defaultRoutes.toSorted((a, b) => (a.metric ?? 0) - (b.metric ?? 0));
  const devices = routes.flatMap(({ dev }) => dev ?? []);
  const uplinks = links.filter((link) => devices.includes(link.ifname) || isUplink(link, links));
  const rankOf = (device: string): number => (devices.indexOf(device) + devices.length + 1) % (devices.length + 1);
  const preferred = new Set(routes.map(({ prefsrc }) => prefsrc));
  const orderOf = ({ address, network, device }: UplinkAddress): readonly number[] => [
    network.family,
    rankOf(device),
    preferred.has(address) ? 0 : 1,
  ];
  return uplinks.flatMap(addressesOf).toSorted((a, b) => compare(orderOf(a), orderOf(b)));
}

/** Bridges that are uplinks if one of their ports is. */
export function bridgesInQuestion(links: readonly IpLink[]): readonly string[] {
  const isBridge = ({ ifname, linkinfo }: IpLink): boolean =>
    linkinfo?.info_kind === 'bridge' && !NOT_AN_UPLINK.test(ifname);
  return links.filter(isBridge).map(({ ifname }) => ifname);
}

function isUplink({ ifname, linkinfo }: IpLink, links: readonly IpLink[]): boolean {
  const kind = linkinfo?.info_kind ?? '';
  if (TUNNELS.has(kind) || NOT_AN_UPLINK.test(ifname)) return false;
  // A bridge is the uplink of a host for virtual machines if it has the network card as a port.
  return kind !== 'bridge' || links.some((port) => port.master === ifname && isUplink(port, links));
}

function addressesOf({ ifname: device, mtu = DEFAULT_MTU, addr_info = [] }: IpLink): readonly UplinkAddress[] {
  return addr_info.flatMap(({ scope, temporary, deprecated, local, prefixlen }) => {
    if (scope !== 'global' || temporary || deprecated) return [];
    const parsed = parseInterfaceCidr(`${local}/${prefixlen}`);
    return parsed.ok ? [{ address: parsed.value.address.text, network: parsed.value.cidr, device, mtu }] : [];
  });
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}
