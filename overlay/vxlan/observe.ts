import { type IpLink, type IpNetconf, readDevice, readFdb, readIp } from '../../linux/index.ts';
import type { RunCommand } from '../../system/index.ts';

export interface ObservedVxlan {
  /** The device with our name, whoever made it. */
  readonly link: IpLink | null;
  /** All other VXLAN devices of this host. */
  readonly others: readonly IpLink[];
  /** Of the device with our name; null: the kernel does not say. */
  readonly netconf: IpNetconf | null;
  /** Entries of the device with our name. */
  readonly forwarding: readonly Forwarding[];
  /** Entries of the device with our name: next hop to MAC address. */
  readonly neighbours: ReadonlyMap<string, string>;
}

export interface Forwarding {
  readonly mac: string;
  /** `ADDRESS`, or `ADDRESS port PORT` if it is not the port of the device. */
  readonly destination: string;
}

export async function observeVxlan(run: RunCommand, device: string, signal?: AbortSignal): Promise<ObservedVxlan> {
  const [link, { links }] = await Promise.all([
    readDevice(run, device, { signal }),
    readIp(run, ['link show type vxlan'], { signal }),
  ]);
  const others = links.filter(({ ifname }) => ifname !== device);
  if (link?.linkinfo?.info_kind !== 'vxlan')
    return { link, others, netconf: null, forwarding: [], neighbours: new Map() };
  const [fdb, { neighbours, netconf }] = await Promise.all([
    readFdb(run, device, signal),
    readIp(run, [`neighbour show dev ${device} nud permanent`, `netconf show dev ${device}`], { signal }),
  ]);
  return {
    link,
    others,
    netconf: netconf.find(({ family }) => family === 'inet') ?? null,
    forwarding: fdb.flatMap(({ mac, dst, port }) =>
      dst === undefined ? [] : [{ mac, destination: port === undefined ? dst : `${dst} port ${port}` }],
    ),
    neighbours: new Map(neighbours.map(({ dst, lladdr }) => [dst, lladdr])),
  };
}
