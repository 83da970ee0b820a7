import { CommandError, type RunCommand } from '../system/index.ts';

/** The fields that Drover reads of links, addresses and routes as `ip -json` prints them. */
export interface IpLink {
  readonly ifname: string;
  readonly ifindex?: number;
  readonly link_index?: number;
  /** Number of the peer device's namespace, as counted in this namespace; absent: this namespace. */
  readonly link_netnsid?: number;
  /** The bridge it is a port of. */
  readonly master?: string;
  readonly flags?: readonly string[];
  readonly ifalias?: string;
  /** The MAC address of an Ethernet device. */
  readonly address?: string;
  readonly mtu?: number;
  readonly linkinfo?: { readonly info_kind?: string; readonly info_data?: Readonly<Record<string, unknown>> };
  readonly addr_info?: readonly IpAddress[];
}

export interface IpAddress {
  readonly family: string;
  readonly local: string;
  readonly prefixlen: number;
  readonly scope?: string;
  /** IPv6: a privacy address, which changes; or one that is no longer to be used. */
  readonly temporary?: boolean;
  readonly deprecated?: boolean;
}

export interface IpRoute {
  readonly dst: string;
  readonly type?: string;
  readonly gateway?: string;
  readonly dev?: string;
  readonly protocol?: string;
  /** Absent: main. */
  readonly table?: string;
  readonly prefsrc?: string;
  readonly metric?: number;
  readonly flags?: readonly string[];
  readonly metrics?: readonly { readonly mtu?: number }[];
}

/** A fixed entry of the neighbour table. */
export interface IpNeighbour {
  readonly dst: string;
  readonly lladdr: string;
}

/** How the kernel treats the packets of one family that arrive on a device. */
export interface IpNetconf {
  readonly family: string;
  readonly interface: string;
  readonly forwarding?: boolean;
  readonly rp_filter?: string;
}

/** A rule of the routing policy. */
export interface IpRule {
  readonly priority: number;
  readonly protocol?: string;
  readonly src: string;
  readonly srclen?: number;
  readonly dst?: string;
  readonly dstlen?: number;
  readonly iif?: string;
  readonly goto?: number;
  readonly action?: string;
}

export interface ReadOptions {
  /** Command that runs `ip` elsewhere (`nsenter ...`). */
  readonly prefix?: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

export interface IpObjects {
  readonly links: readonly IpLink[];
  readonly routes: readonly IpRoute[];
  readonly neighbours: readonly IpNeighbour[];
  readonly netconf: readonly IpNetconf[];
  readonly rules: readonly IpRule[];
}

/** Runs several `ip` commands (`address show`, `route show ...`) in one process, and merges their results by kind. */
export async function readIp(
  run: RunCommand,
  commands: readonly string[],
  { prefix = [], signal }: ReadOptions = {},
): Promise<IpObjects> {
  const [file = 'ip', ...args] = [...prefix, 'ip', '-json', '-details', '-batch', '-'];
  const text = await run(file, args, { input: `${commands.join('\n')}\n`, ...(signal ? { signal } : {}) });
  const entries = text.split('\n').flatMap((line): object[] => (line.trim() === '' ? [] : JSON.parse(line)));
  // `ip` prints an empty object for each item that a filter excludes.
  return {
    links: entries.filter((entry): entry is IpLink => 'ifname' in entry),
    routes: entries.filter((entry): entry is IpRoute => 'dst' in entry && !('lladdr' in entry || 'priority' in entry)),
    neighbours: entries.filter((entry): entry is IpNeighbour => 'lladdr' in entry),
    netconf: entries.filter((entry): entry is IpNetconf => 'interface' in entry),
    rules: entries.filter((entry): entry is IpRule => 'priority' in entry),
  };
}

/** Null: the device does not exist. */
export async function readDevice(run: RunCommand, device: string, options: ReadOptions = {}): Promise<IpLink | null> {
  try {
    return (await readIp(run, [`address show dev ${device}`], options)).links[0] ?? null;
  } catch (error) {
    if (isNoDevice(error)) return null;
    throw error;
  }
}

/** Whether `ip` or `bridge` could not read a device because it does not exist. */
export function isNoDevice(error: unknown): boolean {
  return error instanceof CommandError && /does not exist|Cannot find device/.test(error.stderr);
}

export function isUp(link: IpLink): boolean {
  return link.flags?.includes('UP') ?? false;
}

export function hasAddress(link: IpLink, address: string, prefixLength: number): boolean {
  return link.addr_info?.some(({ local, prefixlen }) => local === address && prefixlen === prefixLength) ?? false;
}
