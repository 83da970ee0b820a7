import type { Clock } from './clock.ts';

/** Tens of thousands of timers at the cost of one. A timer fires at the first tick after its time. */
export interface TimerWheel {
  /** Calls `fire` once, `ms` from now. The function it returns cancels the timer. */
  add(ms: number, fire: () => void): () => void;
  /** Cancels all timers. Idempotent. */
  close(): void;
}

type Fire = () => void;

const TICK_MS = 10;

/** Sleeps until the next tick that has timers, so that idle timers cost nothing. */
export function createTimerWheel(clock: Clock): TimerWheel {
  /** By tick number. No set is empty. */
  const due = new Map<number, Set<Fire>>();
  const start = clock.monotonic();
  const now = (): number => (clock.monotonic() - start) / TICK_MS;
  /** Timers up to and including this tick have fired. */
  let turned = 0;
  /** The tick of the last timer. */
  let last = 0;
  let sleep: { readonly until: number; readonly end: AbortController } | null = null;
  let closed = false;

  const turnTo = (end: number): void => {
    while (turned < end) {
      turned += 1;
      const fires = due.get(turned);
      due.delete(turned);
      for (const fire of fires ?? []) fire();
    }
  };
  const nextTick = (): number => {
    let at = turned + 1;
    while (at < last && !due.has(at)) at += 1;
    return at;
  };
  const run = async (): Promise<void> => {
    while (due.size > 0 && !closed) {
      const end = new AbortController();
      sleep = { until: nextTick(), end };
      await clock.sleep(Math.max(0, Math.ceil((sleep.until - now()) * TICK_MS)), end.signal).catch(() => {});
      if (!closed) turnTo(Math.floor(now()));
    }
    sleep = null;
  };

  return {
    add: (ms, fire) => {
      if (sleep === null) turned = Math.floor(now());
      const tick = Math.max(turned + 1, Math.ceil(now() + ms / TICK_MS));
      const fires = due.get(tick) ?? new Set();
      due.set(tick, fires.add(fire));
      last = Math.max(last, tick);
      if (sleep === null) void run();
      else if (tick < sleep.until) sleep.end.abort();
      return () => {
        if (fires.delete(fire) && fires.size === 0) due.delete(tick);
      };
    },
    close: () => {
      closed = true;
      sleep?.end.abort();
    },
  };
}
