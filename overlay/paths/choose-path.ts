import type { PathState } from '../../model/index.ts';

/** The address at which this host reaches a peer on the underlay. */
export interface ChosenPath {
  readonly address: string;
  /** Monotonic. */
  readonly chosenAtMs: number;
  /** Addresses that were left since one worked last. */
  readonly left: number;
}

/** What the probes say of the path, and since when (monotonic). */
export interface PathEvidence {
  readonly state: PathState;
  readonly sinceMs: number;
}

export interface PathTiming {
  readonly nowMs: number;
  /** How long this host stays with a silent address at first, see `patienceMs`. */
  readonly patienceMs: number;
}

const FIRST_PATIENCE_MS = 10_000;
const MOST_DOUBLINGS = 5;

/**
 * How long to stay with an address while nothing arrives. The reason may be the other end's choice, so one of two hosts must wait while
 * the other one tries all addresses: otherwise both can change in step for ever, and never have the right address at the same time.
 */
export function patienceMs(ownHostId: string, peerHostId: string, ownAddresses: number): number {
  return FIRST_PATIENCE_MS * (ownHostId < peerHostId ? 1 : Math.max(1, ownAddresses) + 1);
}

/**
 * Keeps an address that works, and goes on to the next one, round and round, while it does not. If no address has worked in a round, the
 * next round takes twice as long: perhaps only the probes are lost, in a firewall. Null: there is no candidate.
 */
export function choosePath(
  before: ChosenPath | null,
  candidates: readonly string[],
  { state, sinceMs }: PathEvidence,
  { nowMs, patienceMs }: PathTiming,
): ChosenPath | null {
  const at = before === null ? -1 : candidates.indexOf(before.address);
  if (before !== null && at >= 0) {
    if (state === 'up') return before.left === 0 ? before : { ...before, left: 0 };
    // A peer that hears nothing from us does so because of this address alone.
    const firstMs = state === 'unheard' ? FIRST_PATIENCE_MS : patienceMs;
    const waitMs = firstMs * 2 ** Math.min(MOST_DOUBLINGS, Math.floor(before.left / candidates.length));
    const isFailing = state !== 'unknown' && nowMs - Math.max(sinceMs, before.chosenAtMs) >= waitMs;
    if (!isFailing || candidates.length === 1) return before;
  }
  const address = candidates[(at + 1) % candidates.length];
  return address === undefined ? null : { address, chosenAtMs: nowMs, left: at < 0 ? 0 : (before?.left ?? 0) + 1 };
}
