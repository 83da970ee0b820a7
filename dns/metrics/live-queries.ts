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
  /** Only those of the askers at these addresses, plain text form; null: everybody's. */
  readonly from: ((address: string) => boolean) | null;
  /** Judges before the rate is limited. */
  readonly wanted: (seen: Seen) => boolean;
  readonly onQuery: (seen: Seen) => void;
}

export interface Watching {
  /** How many were not told for the rate's sake since the last call, those not even looked at among them. */
  takeLeftOut(): number;
  /** Idempotent. */
  stop(): void;
}

/** Shows queries to whoever watches; costs one comparison while nobody does. */
export interface LiveQueries {
  watched(): boolean;
  /**
   * Whether this query, which could be answered without the general path, is to take it all the same, to be seen. `from`
   * is the asker's IPv4 address as a number, big-endian.
   */
  divert(from: number): boolean;
  /** A reply of the general path. */
  saw(seen: Seen): void;
  watch(watch: Watch): Watching;
}

export interface LiveQueriesOptions {
  /** To one who watches. */
  readonly toldPerSecond?: number;
  /** Taken from the hot path: more than are told, for a filter leaves some out. */
  readonly divertedPerSecond?: number;
}

interface Watcher extends Watch {
  readonly isFrom: (address: number) => boolean;
  readonly budget: Budget;
  leftOut: number;
}

export function createLiveQueries(
  { clock }: { readonly clock: Pick<Clock, 'monotonic'> },
  { toldPerSecond = 50, divertedPerSecond = 500 }: LiveQueriesOptions = {},
): LiveQueries {
  const watchers = new Set<Watcher>();
  const diverted = createBudget(clock, divertedPerSecond);
  return {
    watched: () => watchers.size > 0,
    divert: (from) => {
      if (watchers.size === 0) return false;
      const concerned = [...watchers].filter(({ isFrom }) => isFrom(from));
      if (concerned.length === 0) return false;
      if (diverted.spend()) return true;
      for (const watcher of concerned) watcher.leftOut += 1;
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
      const budget = createBudget(clock, toldPerSecond);
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
  /** False: this second's is spent. */
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

/** The same of addresses as numbers, and asked once a second of each: it is wanted for every query that passes. */
function rememberedFor(clock: Pick<Clock, 'monotonic'>, from: Watch['from']): (address: number) => boolean {
  if (from === null) return () => true;
  const verdicts = new Map<number, boolean>();
  let sinceMs = clock.monotonic();
  return (address) => {
    if (verdicts.size >= MAX_REMEMBERED || clock.monotonic() - sinceMs > REMEMBERED_MS) {
      verdicts.clear();
      sinceMs = clock.monotonic();
    }
    const verdict = verdicts.get(address) ?? from(addressText(address));
    verdicts.set(address, verdict);
    return verdict;
  };
}
