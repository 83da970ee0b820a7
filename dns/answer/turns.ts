import { isIP } from 'node:net';
import type { AddressResolution } from '../query/resolution.ts';
import { scheduleOf } from './schedule.ts';

/**
 * Rotates addresses: each answer begins with the next one, regardless of the asker. A and AAAA rotate separately: most clients
 * query both and would otherwise see only every second address first.
 */
export interface Turns {
  /** The addresses of this answer: all, beginning with the next one, or only the next one. */
  deal(resolution: Pick<AddressResolution, 'turn' | 'addresses' | 'give' | 'weights'>): readonly string[];
  /** Any list, beginning with the next one. */
  rotate<T>(turn: string, list: readonly T[]): readonly T[];
}

/** The position of a list is kept until this many other lists were used. */
const MAX_KEPT = 250_000;

/** The seed sets the first positions, so that a thousand starting hosts do not all begin with the same address. */
export function createTurns(seed = 0): Turns {
  const counts = createCounts(seed);
  const schedules = new WeakMap<readonly number[], readonly number[] | null>();
  const scheduled = (weights: readonly number[] | null): readonly number[] | null => {
    if (!weights) return null;
    const known = schedules.get(weights);
    if (known !== undefined) return known;
    const schedule = scheduleOf(weights);
    schedules.set(weights, schedule);
    return schedule;
  };
  return {
    deal: ({ turn, addresses, give, weights }) => {
      const [any = ''] = addresses;
      if (addresses.length < 2) return addresses;
      const count = counts.next(`${turn} ${isIP(any)}`);
      const schedule = scheduled(weights);
      const first = schedule ? (schedule[count % schedule.length] ?? 0) : count % addresses.length;
      return give === 'one' ? addresses.slice(first, first + 1) : rotated(addresses, first);
    },
    rotate: (turn, list) => (list.length < 2 ? list : rotated(list, counts.next(turn) % list.length)),
  };
}

/** Counts by key, in two generations; the older one is dropped when the newer one is full. */
function createCounts(seed: number): { next(of: string): number } {
  let recent = new Map<string, number>();
  let before = new Map<string, number>();
  return {
    next: (of) => {
      const count = recent.get(of) ?? before.get(of) ?? startOf(seed, of);
      if (recent.size >= MAX_KEPT && !recent.has(of)) {
        before = recent;
        recent = new Map();
      }
      recent.set(of, (count + 1) % Number.MAX_SAFE_INTEGER);
      return count;
    },
  };
}

/** The first count: 0 without a seed, else a hash of the key (FNV-1a). */
function startOf(seed: number, of: string): number {
  if (seed === 0) return 0;
  let hash = seed >>> 0;
  for (let at = 0; at < of.length; at += 1) hash = Math.imul(hash ^ of.charCodeAt(at), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}

function rotated<T>(list: readonly T[], start: number): readonly T[] {
  return [...list.slice(start), ...list.slice(0, start)];
}
