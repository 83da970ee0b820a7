import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../system/index.ts';

/** Longer than the kernel takes from choosing a socket for a datagram to adding it to the socket's queue. */
const QUIET_MS = 50;

/** Resolves when nothing was received for a moment and everything received is answered, or when `signal` aborts. */
export async function untilQuiet(
  clock: Pick<Clock, 'sleep'>,
  { seen, idle }: { readonly seen: () => number; readonly idle: () => boolean },
  signal: AbortSignal,
): Promise<void> {
  for (let before = -1; !signal.aborted && (before !== seen() || !idle()); ) {
    before = seen();
    await clock.sleep(QUIET_MS, signal).catch(() => {});
    // A late timer runs before the datagrams in the queue are read.
    for (let turns = 0; turns < 2; turns += 1) await turn();
  }
}
