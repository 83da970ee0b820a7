import { type IpLink, type IpNetconf, readIp } from '../../linux/index.ts';
import type { BackendAbility, Problem } from '../../model/index.ts';
import { CommandError, type RunCommand } from '../../system/index.ts';
import type { PeerMemory } from './endpoint-memory.ts';
import { parseDump, type WireguardStatus } from './parse-dump.ts';

export interface ObservedDevice {
  /** The device with our name, whoever made it. */
  readonly link: IpLink | null;
  readonly netconf: IpNetconf | null;
  /** Null: the device does not answer as a WireGuard device does. */
  readonly status: WireguardStatus | null;
}

export interface ObservedWireguard extends ObservedDevice {
  /** Of the key file; null: the file cannot be used. */
  readonly publicKey: string | null;
  readonly keyProblem: Problem | null;
  /** Whether the driver keeps wireguard-go running. */
  readonly isKept: boolean;
  /** Why wireguard-go does not run. */
  readonly programProblem: Problem | null;
  /** What this host can do; null: not asked, because the device exists. */
  readonly ability: BackendAbility | null;
  /** By public key. */
  readonly memory: ReadonlyMap<string, PeerMemory>;
}

export async function observeDevice(
  run: RunCommand,
  { wg, device }: { readonly wg: string; readonly device: string },
  signal?: AbortSignal,
): Promise<ObservedDevice> {
  const { link, netconf } = await readLink(run, device, signal);
  const kind = link?.linkinfo?.info_kind;
  const status = kind === 'wireguard' || kind === 'tun' ? await readStatus(run, { wg, device }, signal) : null;
  return { link, netconf, status };
}

/** Null: the device does not exist, or is not WireGuard's. */
export async function readStatus(
  run: RunCommand,
  { wg, device }: { readonly wg: string; readonly device: string },
  signal?: AbortSignal,
): Promise<WireguardStatus | null> {
  try {
    return parseDump(await run(wg, ['show', device, 'dump'], signal ? { signal } : {}));
  } catch (error) {
    if (error instanceof CommandError && error.stderr.startsWith('Unable to access interface')) return null;
    throw error;
  }
}

export async function readLink(
  run: RunCommand,
  device: string,
  signal?: AbortSignal,
): Promise<Pick<ObservedDevice, 'link' | 'netconf'>> {
  try {
    const { links, netconf } = await readIp(run, [`address show dev ${device}`, `netconf show dev ${device}`], {
      signal,
    });
    return { link: links[0] ?? null, netconf: netconf.find(({ family }) => family === 'inet') ?? null };
  } catch (error) {
    if (error instanceof CommandError && /does not exist|Cannot find device/.test(error.stderr)) {
      return { link: null, netconf: null };
    }
    throw error;
  }
}
