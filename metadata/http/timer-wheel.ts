import type { Clock } from '../../system/index.ts';

/** Timers by the ten thousand for the price of one: they end at the next tick after their time. */
export interface TimerWheel {
  /** Calls `fire` once, `ms` from now, unless what it gives is called before. */
  add(ms: number, fire: () => void): () => void;
  /** No timer fires any more. Idempotent. */
  close(): void;
}

type Fire = () => void;

const TICK_MS = 10;

/** Sleeps from one tick that has timers to the next that has: waiting alone costs nothing. */
export function createTimerWheel(clock: Clock): TimerWheel {
  /** By the number of their tick; none is empty. */
  const due = new Map<number, Set<Fire>>();
  const start = clock.monotonic();
  const now = (): number => (clock.monotonic() - start) / TICK_MS;
  /** All timers up to this tick have fired. */
  let turned = 0;
  /** No timer is later. */
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
