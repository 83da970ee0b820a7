import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../system/index.ts';

/** Longer than a datagram is on its way from the choice of a socket to its queue. */
const QUIET_MS = 50;

/** Resolves when nothing has come for a moment and all that came is answered, or when `signal` aborts. */
export async function untilQuiet(
  clock: Pick<Clock, 'sleep'>,
  { seen, idle }: { readonly seen: () => number; readonly idle: () => boolean },
  signal: AbortSignal,
): Promise<void> {
  for (let before = -1; !signal.aborted && (before !== seen() || !idle()); ) {
    before = seen();
    await clock.sleep(QUIET_MS, signal).catch(() => {});
    // A timer that is late comes before what lies in the queue is read.
    for (let turns = 0; turns < 2; turns += 1) await turn();
  }
}
