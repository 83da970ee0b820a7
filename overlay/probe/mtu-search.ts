import type { SizedEcho } from './message.ts';

/**
 * Finds the largest packet that a path carries. A round sends one padded message of each size in question, and the peer names the largest
 * that arrived. Pure: `nextRound` is called once an interval while beats pass both ways, `afterSizedEcho` for each reply.
 */
export interface MtuSearch {
  /** Bytes; null: not known yet. */
  readonly mtu: number | null;
  /** All sizes in question, ascending. */
  readonly sizes: readonly number[];
  readonly round: number;
  readonly trial: Trial | null;
  /** Intervals since the last trial, and since the last one for larger sizes. */
  readonly rested: number;
  readonly restedFromRaise: number;
}

/** Up to three rounds for the same purpose. */
interface Trial {
  readonly purpose: 'search' | 'check' | 'raise';
  readonly sizes: readonly number[];
  readonly firstRound: number;
  /** The largest size that arrived; 0: none. */
  readonly best: number;
  readonly rounds: number;
}

/** MTUs that underlays have: IPv6 minimum, tunnels and PPPoE, Ethernet, clouds, jumbo frames. */
const UNDERLAY_MTUS = [
  1280, 1320, 1360, 1380, 1400, 1420, 1440, 1450, 1460, 1472, 1480, 1492, 1500, 1600, 2000, 3000, 4000, 6000, 8000,
  8500, 8900, 9000,
];
const ROUNDS = 3;
const CHECK_AFTER = 5;
const RAISE_AFTER = 60;

/** WireGuard and ESP pad packets: up to a multiple of this. */
const BLOCK_BYTES = 16;

/**
 * `largest` is what the tunnel device accepts; `overheadBytes` is what the tunnel adds, without padding. `round` is not below that of an earlier
 * search in the same session, because the peer ignores earlier rounds than the last one that it saw.
 */
export function newMtuSearch(largest: number, overheadBytes: number, round: number): MtuSearch {
  const block = overheadBytes === 0 ? 1 : BLOCK_BYTES;
  const inside = UNDERLAY_MTUS.map((mtu) => Math.floor((mtu - overheadBytes) / block) * block);
  const common = inside.filter((mtu) => mtu < largest);
  return { mtu: null, sizes: [...common, largest], round, trial: null, rested: 0, restedFromRaise: 0 };
}

export function afterSizedEcho(search: MtuSearch, echo: SizedEcho): MtuSearch {
  const { trial } = search;
  if (trial === null || echo.round < trial.firstRound || echo.round > search.round) return search;
  const best = Math.max(trial.best, ...trial.sizes.filter((size) => size <= echo.largestBytes));
  const isDone = best === trial.sizes.at(-1);
  return isDone ? ended(search, best) : { ...search, trial: { ...trial, best } };
}

/** The sizes to send now; empty while nothing is in question. */
export function nextRound(search: MtuSearch): { readonly search: MtuSearch; readonly sizes: readonly number[] } {
  const { trial } = search;
  if (trial === null) return startedTrial(rested(search));
  if (trial.rounds < ROUNDS) return roundOf(search, trial);
  if (trial.best > 0 || trial.purpose === 'raise') return { search: ended(search, trial.best), sizes: [] };
  // Not even the smallest size passes: there is nothing better to use.
  if (trial.purpose === 'search') return { search: ended(search, search.sizes[0] ?? 0), sizes: [] };
  return roundOf(search, newTrial(search, 'search', search.sizes));
}

function startedTrial(search: MtuSearch): ReturnType<typeof nextRound> {
  const { mtu, sizes } = search;
  if (mtu === null) return roundOf(search, newTrial(search, 'search', sizes));
  const larger = sizes.filter((size) => size > mtu);
  if (larger.length > 0 && search.restedFromRaise >= RAISE_AFTER) {
    return roundOf({ ...search, restedFromRaise: 0 }, newTrial(search, 'raise', larger));
  }
  return search.rested >= CHECK_AFTER ? roundOf(search, newTrial(search, 'check', [mtu])) : { search, sizes: [] };
}

function newTrial({ round }: MtuSearch, purpose: Trial['purpose'], sizes: readonly number[]): Trial {
  return { purpose, sizes, firstRound: round + 1, best: 0, rounds: 0 };
}

function roundOf(search: MtuSearch, trial: Trial): ReturnType<typeof nextRound> {
  const sizes = trial.sizes.filter((size) => size > trial.best);
  return {
    search: { ...search, round: search.round + 1, trial: { ...trial, rounds: trial.rounds + 1 } },
    sizes,
  };
}

function ended(search: MtuSearch, best: number): MtuSearch {
  return { ...search, mtu: best > 0 ? best : search.mtu, trial: null, rested: 0 };
}

function rested(search: MtuSearch): MtuSearch {
  return { ...search, rested: search.rested + 1, restedFromRaise: search.restedFromRaise + 1 };
}
