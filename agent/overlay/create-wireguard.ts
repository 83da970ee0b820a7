import { join } from 'node:path';
import type { TunnelSlot } from '../../model/index.ts';
import { createWireguard } from '../../overlay/index.ts';
import type { Clock, Log, RunCommand } from '../../system/index.ts';
import type { Config } from '../config/config.ts';
import { createWireguardProcess } from './wireguard-process.ts';

export const WIREGUARD_SLOTS: readonly TunnelSlot[] = [0, 1];

/** The WireGuard driver of a slot, with the configured programs. */
export function createWireguardBackend(
  deps: { readonly run: RunCommand; readonly clock: Clock; readonly log: Log },
  { runDir, dataDir, network: { wg, wireguardGo } }: Pick<Config, 'runDir' | 'dataDir' | 'network'>,
  slot: TunnelSlot,
): ReturnType<typeof createWireguard> {
  const program = createWireguardProcess(deps, { runDir, program: wireguardGo, slot });
  const keyFile = join(dataDir, 'overlay', `wireguard-${slot}.key`);
  return createWireguard({ ...deps, program }, { slot, keyFile, wg, wireguardGo });
}
