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
  readonly linkinfo?: { readonly info_kind?: string };
  readonly addr_info?: readonly { readonly family: string; readonly local: string; readonly prefixlen: number }[];
}

export interface IpRoute {
  readonly dst: string;
  readonly type?: string;
  readonly gateway?: string;
  readonly dev?: string;
  readonly protocol?: string;
  readonly prefsrc?: string;
  readonly metric?: number;
  readonly flags?: readonly string[];
}

export interface ReadOptions {
  /** Command that runs `ip` elsewhere (`nsenter ...`). */
  readonly prefix?: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

export interface IpObjects {
  readonly links: readonly IpLink[];
  readonly routes: readonly IpRoute[];
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
    routes: entries.filter((entry): entry is IpRoute => 'dst' in entry),
  };
}

/** Null: the device does not exist. */
export async function readDevice(run: RunCommand, device: string, options: ReadOptions = {}): Promise<IpLink | null> {
  try {
    return (await readIp(run, [`address show dev ${device}`], options)).links[0] ?? null;
  } catch (error) {
    if (error instanceof CommandError && error.stderr.includes('does not exist')) return null;
    throw error;
  }
}

export function isUp(link: IpLink): boolean {
  return link.flags?.includes('UP') ?? false;
}

export function hasAddress(link: IpLink, address: string, prefixLength: number): boolean {
  return link.addr_info?.some(({ local, prefixlen }) => local === address && prefixlen === prefixLength) ?? false;
}
