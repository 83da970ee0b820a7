import type { Clock } from '../../system/index.ts';
import { addressText } from '../query/address-number.ts';
import type { Client } from '../query/client.ts';
import type { QueryDetails } from '../query/details.ts';

/** A reply of the general path, as it goes out. */
export interface Seen {
  readonly client: Client;
  readonly details: QueryDetails;
  readonly reply: Buffer;
  readonly rcode: number;
  readonly micros: number;
}

export interface Watch {
  /** Selects client addresses (plain text form); null: all. */
  readonly from: ((address: string) => boolean) | null;
  /** Selects queries, before the rate limit. */
  readonly wanted: (seen: Seen) => boolean;
  readonly onQuery: (seen: Seen) => void;
}

export interface Watching {
  /** How many queries were left out because of the rate limit since the last call. */
  takeLeftOut(): number;
  /** Idempotent. */
  stop(): void;
}

/** Shows queries to watchers. Without watchers it costs one comparison. */
export interface LiveQueries {
  watched(): boolean;
  /**
   * Whether a query that the hot path could answer takes the general path, so that watchers see it. `from` is the client's
   * IPv4 address as a big-endian number.
   */
  divert(from: number): boolean;
  /** A reply of the general path. */
  saw(seen: Seen): void;
  watch(watch: Watch): Watching;
}

export interface LiveQueriesOptions {
  /** Queries shown to one watcher. */
  readonly shownPerSecond?: number;
  /** Queries taken from the hot path: more than are shown, because filters leave some out. */
  readonly divertedPerSecond?: number;
}

interface Watcher extends Watch {
  readonly isFrom: (address: number) => boolean;
  readonly budget: Budget;
  leftOut: number;
}

export function createLiveQueries(
  { clock }: { readonly clock: Pick<Clock, 'monotonic'> },
  { shownPerSecond = 50, divertedPerSecond = 500 }: LiveQueriesOptions = {},
): LiveQueries {
  const watchers = new Set<Watcher>();
  const diverted = createBudget(clock, divertedPerSecond);
  return {
    watched: () => watchers.size > 0,
    divert: (from) => {
      if (watchers.size === 0) return false;
      const interested = [...watchers].filter(({ isFrom }) => isFrom(from));
      if (interested.length === 0) return false;
      if (diverted.spend()) return true;
      for (const watcher of interested) watcher.leftOut += 1;
      return false;
    },
    saw: (seen) => {
      for (const watcher of watchers) {
        if (watcher.from?.(seen.client.address) === false || !watcher.wanted(seen)) continue;
        if (watcher.budget.spend()) watcher.onQuery(seen);
        else watcher.leftOut += 1;
      }
    },
    watch: (watch) => {
      const budget = createBudget(clock, shownPerSecond);
      const watcher: Watcher = { ...watch, isFrom: rememberedFor(clock, watch.from), budget, leftOut: 0 };
      watchers.add(watcher);
      return {
        takeLeftOut: () => {
          const { leftOut } = watcher;
          watcher.leftOut = 0;
          return leftOut;
        },
        stop: () => void watchers.delete(watcher),
      };
    },
  };
}

interface Budget {
  /** False: the budget of this second is used up. */
  spend(): boolean;
}

function createBudget(clock: Pick<Clock, 'monotonic'>, perSecond: number): Budget {
  let sinceMs = Number.NEGATIVE_INFINITY;
  let left = 0;
  return {
    spend: () => {
      const nowMs = clock.monotonic();
      if (nowMs - sinceMs >= 1_000) {
        sinceMs = nowMs;
        left = perSecond;
      }
      left -= 1;
      return left >= 0;
    },
  };
}

const REMEMBERED_MS = 1_000;
const MAX_REMEMBERED = 10_000;

/** The same for addresses as numbers. Remembers each result for a second, because it is called for every query. */
function rememberedFor(clock: Pick<Clock, 'monotonic'>, from: Watch['from']): (address: number) => boolean {
  if (from === null) return () => true;
  const results = new Map<number, boolean>();
  let sinceMs = clock.monotonic();
  return (address) => {
    if (results.size >= MAX_REMEMBERED || clock.monotonic() - sinceMs > REMEMBERED_MS) {
      results.clear();
      sinceMs = clock.monotonic();
    }
    const result = results.get(address) ?? from(addressText(address));
    results.set(address, result);
    return result;
  };
}
