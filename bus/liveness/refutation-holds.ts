/** Delays this host's next mark of a host after another host deleted the previous one, longer each time. */
export interface RefutationHolds {
  /** Another host deleted a mark that we saw at `seenMs`. */
  refuted(hostId: string, seenMs: number, nowMs: number): void;
  /** How long we must not mark the host. Hearing it after we saw the mark ends the hold. */
  holdMs(hostId: string, heardMs: number | null, nowMs: number): number;
}

interface Hold {
  /** When we saw the deleted mark. */
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly lengthMs: number;
}

const FIRST_MS = 10_000;
const LONGEST_MS = 60_000;

export function createRefutationHolds(): RefutationHolds {
  const holds = new Map<string, Hold>();
  return {
    refuted: (hostId, sinceMs, nowMs) => {
      const lengthMs = Math.min(LONGEST_MS, (holds.get(hostId)?.lengthMs ?? FIRST_MS / 2) * 2);
      holds.set(hostId, { sinceMs, lengthMs, untilMs: nowMs + lengthMs });
    },
    holdMs: (hostId, heardMs, nowMs) => {
      const hold = holds.get(hostId);
      if (!hold) return 0;
      const heardSince = heardMs !== null && nowMs - heardMs > hold.sinceMs;
      if (heardSince) holds.delete(hostId);
      return heardSince ? 0 : Math.max(0, hold.untilMs - nowMs);
    },
  };
}
