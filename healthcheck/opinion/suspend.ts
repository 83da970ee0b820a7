/** Whether this checker looks sick: it has lost most of its targets at about the same time. */
export interface Suspension {
  readonly suspended: boolean;
  /** Targets that went down and are still down, with the time. While not suspended: within the window. */
  readonly lost: ReadonlyMap<string, number>;
}

export interface Census {
  /** Targets whose checks have changed, and how. Null: it is no target any more. */
  readonly changes: ReadonlyMap<string, 'up' | 'down' | null>;
  /** Targets that are up now. */
  readonly upCount: number;
  readonly windowMs: number;
  readonly nowMs: number;
}

export const NOT_SUSPENDED: Suspension = { suspended: false, lost: new Map() };

/** With fewer targets, a loss of most of them says too little about the checker. */
const MIN_LOST = 4;

/**
 * A checker that loses more than half of its targets, and at least four, within the window is suspended: the cause is more
 * likely its own network than that many containers. It has recovered when at most half are missing. `nowMs` is monotonic.
 */
export function suspend(before: Suspension, { changes, upCount, windowMs, nowMs }: Census): Suspension {
  const lost = new Map(before.lost);
  for (const [id, change] of changes) {
    if (change === 'down') lost.set(id, nowMs);
    else lost.delete(id);
  }
  if (!before.suspended) {
    for (const [id, atMs] of lost) if (nowMs - atMs > windowMs) lost.delete(id);
  }
  const isMost = lost.size > upCount;
  return { suspended: isMost && (before.suspended || lost.size >= MIN_LOST), lost };
}
