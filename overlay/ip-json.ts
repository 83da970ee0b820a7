import { CommandError, type RunCommand } from '../system/index.ts';

/** What `ip -json` prints about links, addresses and routes, as far as we read it; everything else is left alone. */
export interface IpLink {
  readonly ifname: string;
  readonly ifindex?: number;
  readonly link_index?: number;
  readonly flags?: readonly string[];
  readonly ifalias?: string;
  readonly linkinfo?: { readonly info_kind?: string };
  readonly addr_info?: readonly { readonly family: string; readonly local: string; readonly prefixlen: number }[];
}

export interface IpRoute {
  readonly dst: string;
  readonly gateway?: string;
  readonly dev?: string;
  readonly protocol?: string;
  readonly prefsrc?: string;
  readonly metric?: number;
  readonly flags?: readonly string[];
}

/** Runs `ip -json` and gives its list. `prefix` runs it elsewhere (`nsenter ...`). */
export async function readIp<T extends IpLink | IpRoute>(
  run: RunCommand,
  line: string,
  { prefix = [], signal }: { prefix?: readonly string[]; signal?: AbortSignal | undefined } = {},
): Promise<readonly T[]> {
  const [file = 'ip', ...args] = [...prefix, 'ip', '-json', '-details', ...line.split(' ')];
  const text = await run(file, args, signal ? { signal } : {});
  const list: unknown = text.trim() === '' ? [] : JSON.parse(text);
  // `ip` prints an empty object for what a filter left out.
  return Array.isArray(list) ? list.filter((entry: T) => 'ifname' in entry || 'dst' in entry) : [];
}

/** As `readIp` for one device; null where it does not exist. */
export async function readDevice(
  run: RunCommand,
  device: string,
  options: { prefix?: readonly string[]; signal?: AbortSignal | undefined } = {},
): Promise<IpLink | null> {
  try {
    const [link = null] = await readIp<IpLink>(run, `address show dev ${device}`, options);
    return link;
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
