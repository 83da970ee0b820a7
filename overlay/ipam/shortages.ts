import type { Problem } from '../../model/index.ts';

/** `unrested`: only addresses that were released a short time ago were free. `exhausted`: none was free. */
export type Shortage = 'unrested' | 'exhausted';

/** Pools that recently lacked addresses, by the range that addresses are chosen from. */
export interface Shortages {
  add(range: string, shortage: Shortage): void;
  problems(): readonly Problem[];
}

/** A shortage is reported for `restMs` after it was last met. `onBegin` is called when a pool has its first one. */
export function createShortages(now: () => number, restMs: number, onBegin: () => void): Shortages {
  const metAt = new Map<string, { readonly shortage: Shortage; readonly atMs: number }>();
  const current = () => [...metAt].filter(([, { atMs }]) => now() - atMs < restMs);
  return {
    add: (range, shortage) => {
      const isKnown = current().some(([known]) => known === range);
      metAt.set(range, { shortage, atMs: now() });
      if (!isKnown) onBegin();
    },
    problems: () =>
      current().map(([range, { shortage }]) => (shortage === 'exhausted' ? exhausted(range) : unrested(range, restMs))),
  };
}

/** Docker keeps this text in the state of a container that got no address; `strandedBy` reads it there. */
export function exhausted(range: string): Problem {
  return {
    subject: `address pool ${range}`,
    what: 'exhausted: all addresses are in use, so containers cannot start',
    hint: 'stop containers, or enlarge the subnet of each host (network.prefixLength)',
  };
}

function unrested(range: string, restMs: number): Problem {
  return {
    subject: `address pool ${range}`,
    what: `almost exhausted: containers get addresses that others released less than ${restMs / 1000} s ago`,
    hint: 'stop containers that crash again and again, or enlarge the subnet of each host (network.prefixLength)',
  };
}
