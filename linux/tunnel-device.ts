import type { RunCommand } from '../system/index.ts';
import { type IpLink, type IpNetconf, isNoDevice, readIp } from './ip-json.ts';
import { batch, type Step, step } from './step.ts';

/** A tunnel device as it is; `link` null: it does not exist yet. */
export interface TunnelDevice {
  readonly link: IpLink | null;
  /** Null: not known. */
  readonly netconf: IpNetconf | null;
}

export async function readTunnelDevice(run: RunCommand, device: string, signal?: AbortSignal): Promise<TunnelDevice> {
  try {
    const commands = [`address show dev ${device}`, `netconf show dev ${device}`];
    const { links, netconf } = await readIp(run, commands, { signal });
    return { link: links[0] ?? null, netconf: netconf.find(({ family }) => family === 'inet') ?? null };
  } catch (error) {
    if (isNoDevice(error)) return { link: null, netconf: null };
    throw error;
  }
}

/**
 * The steps after which the kernel forwards packets that arrive on a tunnel device although answers leave through another one, as they do
 * while a backend is replaced. For that the reverse path filter must be loose, and the device must have an address
 * (`__fib_validate_source` in the kernel). `subnet` is the canonical CIDR of this host's containers: no container has its first address.
 */
export function acceptArrivals(device: string, subnet: string, { link, netconf }: TunnelDevice): Step[] {
  const wanted = `${subnet.split('/')[0]}/32`;
  const inet = (link?.addr_info ?? []).filter(({ family }) => family === 'inet');
  const standing = inet.map(({ local, prefixlen }) => `${local}/${prefixlen}`);
  const isLoose = link !== null && netconf?.rp_filter === 'loose' && netconf.forwarding === true;
  const prefix = `net.ipv4.conf.${device}`;
  const lines = [
    ...(standing.includes(wanted) ? [] : [`address add ${wanted} dev ${device}`]),
    ...standing.filter((one) => one !== wanted).map((one) => `address delete ${one} dev ${device}`),
  ];
  return [
    ...batch('ip', lines),
    ...(isLoose ? [] : [step(`sysctl --write ${prefix}.rp_filter=2 ${prefix}.forwarding=1`)]),
  ];
}
