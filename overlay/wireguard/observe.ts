import { readTunnelDevice, type TunnelDevice } from '../../linux/index.ts';
import type { BackendAbility, Problem } from '../../model/index.ts';
import { CommandError, type RunCommand } from '../../system/index.ts';
import type { PeerMemory } from './endpoint-memory.ts';
import { parseDump, type WireguardStatus } from './parse-dump.ts';

/** The device with our name, also if another program made it. */
export interface ObservedDevice extends TunnelDevice {
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
  // Without a device `wg` fails, and may not even be installed.
  const [found, status] = await Promise.all([
    readTunnelDevice(run, device, signal),
    readStatus(run, { wg, device }, signal).catch((error: unknown) => ({ error })),
  ]);
  const kind = found.link?.linkinfo?.info_kind;
  if (kind !== 'wireguard' && kind !== 'tun') return { ...found, status: null };
  if (status && 'error' in status) throw status.error;
  return { ...found, status };
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
