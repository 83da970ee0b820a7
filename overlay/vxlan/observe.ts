import {
  type FdbEntry,
  type IpLink,
  type IpNetconf,
  type IpObjects,
  isNoDevice,
  readFdb,
  readIp,
} from '../../linux/index.ts';
import type { RunCommand } from '../../system/index.ts';

export interface ObservedVxlan {
  /** The device with our name, also if another program made it. */
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
  const found = await readAll(run, device, signal);
  const others = found.links.filter(({ ifname }) => ifname !== device);
  const link = found.links.find(({ ifname }) => ifname === device) ?? null;
  if (link?.linkinfo?.info_kind !== 'vxlan')
    return { link, others, netconf: null, forwarding: [], neighbours: new Map() };
  return {
    link,
    others,
    netconf: found.netconf.find(({ family }) => family === 'inet') ?? null,
    forwarding: found.fdb.flatMap(({ mac, dst, port }) =>
      dst === undefined ? [] : [{ mac, destination: port === undefined ? dst : `${dst} port ${port}` }],
    ),
    neighbours: new Map(found.neighbours.map(({ dst, lladdr }) => [dst, lladdr])),
  };
}

async function readAll(
  run: RunCommand,
  device: string,
  signal?: AbortSignal,
): Promise<Pick<IpObjects, 'links' | 'netconf' | 'neighbours'> & { readonly fdb: readonly FdbEntry[] }> {
  const devices = 'link show type vxlan';
  try {
    const [objects, fdb] = await Promise.all([
      readIp(
        run,
        [
          `address show dev ${device}`,
          `netconf show dev ${device}`,
          `neighbour show dev ${device} nud permanent`,
          // After it, `ip` would list no addresses.
          devices,
        ],
        { signal },
      ),
      readFdb(run, device, signal),
    ]);
    return { ...objects, fdb };
  } catch (error) {
    if (!isNoDevice(error)) throw error;
    return { ...(await readIp(run, [devices], { signal })), fdb: [] };
  }
}
