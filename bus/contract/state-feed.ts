import { type Clock, createWakeUp, type WakeUp } from '../../system/index.ts';
import type { BusBatch } from './bus.ts';
import { type BusState, batchBetween } from './bus-state.ts';

/** Gives any number of watchers the changes of one state, each at its own speed. */
export interface StateFeed {
  /** To be called after the state has changed. */
  changed(): void;
  /** Yields the complete state, then the difference to what it yielded last. Nothing while the state is null. */
  watch(signal: AbortSignal): AsyncGenerator<BusBatch, void, undefined>;
}

/** `state` gives the newest state, null until it is complete. */
export function createStateFeed(clock: Clock, state: () => BusState | null): StateFeed {
  const watchers = new Set<WakeUp>();

  async function* watch(signal: AbortSignal): AsyncGenerator<BusBatch, void, undefined> {
    const wakeUp = createWakeUp(clock);
    watchers.add(wakeUp);
    try {
      for (let yielded: BusState | null = null; !signal.aborted; ) {
        const newest = state();
        const batch = newest && newest !== yielded ? batchBetween(yielded, newest) : null;
        yielded = newest ?? yielded;
        if (batch) yield batch;
        else await wakeUp.wait(null, signal);
      }
    } finally {
      watchers.delete(wakeUp);
    }
  }
  return {
    watch,
    changed: () => {
      for (const wakeUp of watchers) wakeUp.wake();
    },
  };
}
