import type { RunCommand } from '../system/index.ts';

/** Where a VXLAN device sends the frames for a MAC address. */
export interface FdbEntry {
  readonly mac: string;
  /** Absent: an entry of another kind of device. */
  readonly dst?: string;
  /** Absent: the port of the device. */
  readonly port?: number;
}

/** The forwarding table of one device. */
export async function readFdb(run: RunCommand, device: string, signal?: AbortSignal): Promise<readonly FdbEntry[]> {
  return JSON.parse(await run('bridge', ['-json', 'fdb', 'show', 'dev', device], signal ? { signal } : {}));
}
