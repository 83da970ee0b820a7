/** The address at which this host reaches a peer on the underlay. */
export interface ChosenPath {
  readonly address: string;
  /** Monotonic. */
  readonly chosenAtMs: number;
}

/** What the probes say of the path: since when the peer is silent, or does not receive ours. Null: they pass, or it is not known yet. */
export interface PathFailure {
  readonly state: 'silent' | 'unheard';
  readonly sinceMs: number;
}

export interface PathTiming {
  readonly nowMs: number;
  /** How long this host stays with a silent address, see `patienceMs`. */
  readonly patienceMs: number;
}

const FIRST_PATIENCE_MS = 10_000;

/**
 * How long to stay with an address while nothing arrives. The reason may be the other end's choice, so one of two hosts must wait while
 * the other one tries all addresses: otherwise both can change in step for ever, and never have the right address at the same time.
 */
export function patienceMs(ownHostId: string, peerHostId: string, ownAddresses: number): number {
  return FIRST_PATIENCE_MS * (ownHostId < peerHostId ? 1 : Math.max(1, ownAddresses) + 1);
}

/** Keeps an address that works, and goes on to the next one, round and round, while it does not. Null: there is no candidate. */
export function choosePath(
  before: ChosenPath | null,
  candidates: readonly string[],
  failure: PathFailure | null,
  { nowMs, patienceMs }: PathTiming,
): ChosenPath | null {
  const at = before === null ? -1 : candidates.indexOf(before.address);
  if (before !== null && at >= 0) {
    // A peer that hears nothing from us does so because of this address alone.
    const waitMs = failure?.state === 'unheard' ? FIRST_PATIENCE_MS : patienceMs;
    const failing = failure !== null && nowMs - Math.max(failure.sinceMs, before.chosenAtMs) >= waitMs;
    if (!failing || candidates.length === 1) return before;
  }
  const address = candidates[(at + 1) % candidates.length];
  return address === undefined ? null : { address, chosenAtMs: nowMs };
}
