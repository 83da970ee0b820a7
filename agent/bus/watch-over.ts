import type { Bus } from '../../bus/index.ts';
import type { Liveness } from '../../bus/liveness/index.ts';
import type { Clock, Log } from '../../system/index.ts';
import type { Config } from '../config/config.ts';
import { environmentOf } from '../config/environment.ts';
import type { Core } from '../host/core.ts';
import { peersOf } from '../host/peers.ts';

export interface WatchOverSettings {
  readonly bus: Bus;
  readonly config: Config;
  readonly core: Pick<Core, 'store' | 'hostId'>;
  readonly incarnation: number;
  readonly signal: AbortSignal;
}

/** Starts to probe the other hosts; null on the embedded bus, which has one host only. */
export async function watchOver(
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  { bus, config, core, incarnation, signal }: WatchOverSettings,
): Promise<Liveness | null> {
  if (config.bus.driver === 'embedded') return null;
  const { startLiveness } = await import('../../bus/liveness/index.ts');
  const { port } = config.liveness;
  const peers = () =>
    peersOf(core.store.allHosts(), core.hostId).map(({ id, address, incarnation: age }) => ({
      hostId: id,
      address,
      port,
      incarnation: age,
    }));
  const environmentUuid = environmentOf(config).uuid;
  return startLiveness({ bus, clock, log }, { hostId: core.hostId, incarnation, environmentUuid, port, peers, signal });
}
