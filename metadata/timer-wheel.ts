import type { Clock } from '../system/index.ts';

/** Timers by the ten thousand for the price of one: they end at the next tick after their time. */
export interface TimerWheel {
  /** Calls `fire` once, `ms` from now, unless what it gives is called before. */
  add(ms: number, fire: () => void): () => void;
  /** No timer fires any more. Idempotent. */
  close(): void;
}

interface Timer {
  /** Number of the tick. */
  readonly due: number;
  readonly fire: () => void;
}

const TICK_MS = 10;
const SLOTS = 1_024;

/** Ticks only while there is something to wait for. */
export function createTimerWheel(clock: Clock): TimerWheel {
  const slots = Array.from({ length: SLOTS }, () => new Set<Timer>());
  const closing = new AbortController();
  const start = clock.monotonic();
  const now = (): number => (clock.monotonic() - start) / TICK_MS;
  let size = 0;
  let tick = 0;
  let ticking = false;

  const turnTo = (end: number): void => {
    // After a long sleep of the machine every slot is looked at once.
    for (let at = Math.max(tick, end - SLOTS) + 1; at <= end; at += 1) {
      const slot = slots[at % SLOTS];
      for (const timer of [...(slot ?? [])]) {
        if (timer.due > end || !slot?.delete(timer)) continue;
        size -= 1;
        timer.fire();
      }
    }
    tick = end;
  };
  const run = async (): Promise<void> => {
    ticking = true;
    while (size > 0 && !closing.signal.aborted) {
      await clock.sleep(TICK_MS, closing.signal).catch(() => {});
      turnTo(Math.floor(now()));
    }
    ticking = false;
  };

  return {
    add: (ms, fire) => {
      if (!ticking) tick = Math.floor(now());
      const timer: Timer = { due: Math.max(tick + 1, Math.ceil(now() + ms / TICK_MS)), fire };
      const slot = slots[timer.due % SLOTS];
      slot?.add(timer);
      size += 1;
      if (!ticking && !closing.signal.aborted) void run();
      return () => {
        if (slot?.delete(timer)) size -= 1;
      };
    },
    close: () => closing.abort(new Error('the timers are closed')),
  };
}
