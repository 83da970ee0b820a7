import type { Problem } from '../../model/index.ts';
import { loadAddon } from '../native/load.ts';
import type { UdpMode } from './server.ts';
import type { UdpBatchAddon } from './udp-batch.ts';

/** How UDP is read and written, for the report. */
export interface Batching {
  readonly mode: UdpMode;
  /** Why batches are not used; null if they are used, or switched off. */
  readonly problem: Problem | null;
}

export interface BatchingChoice {
  readonly addon: UdpBatchAddon | null;
  readonly batching: Batching;
}

/** Uses batches if the addon was compiled, unless they are switched off. */
export function chooseBatching(wanted: 'auto' | 'off'): BatchingChoice {
  if (wanted === 'off') return { addon: null, batching: { mode: 'dgram', problem: null } };
  const loaded = loadAddon<UdpBatchAddon>('udp-batch');
  if (loaded.ok) return { addon: loaded.value, batching: { mode: 'batch', problem: null } };
  return { addon: null, batching: { mode: 'dgram', problem: loaded.problem } };
}
