/** Whether this checker looks sick: it loses most of its targets at about the same time. */
export interface Suspension {
  readonly suspended: boolean;
  /** Targets that went down and are still down, with the time. While not suspended: within the window. */
  readonly lost: ReadonlyMap<string, number>;
  /** While suspended: since when at most half of the targets are missing. */
  readonly calmSinceMs: number | null;
}

export interface Census {
  /** Targets whose checks have changed, and how. Null: it is no target any more. */
  readonly changes: ReadonlyMap<string, 'up' | 'down' | null>;
  /** Targets that are up now. */
  readonly upCount: number;
  /** Those of them whose last check failed. They have not failed often enough to be down. */
  readonly failingCount: number;
  /** Whether a target is a container of this host. */
  readonly isOwn: (id: string) => boolean;
  readonly windowMs: number;
  readonly nowMs: number;
}

export const NOT_SUSPENDED: Suspension = { suspended: false, lost: new Map(), calmSinceMs: null };

/** With fewer targets, a loss of most of them says too little about the checker. */
const MIN_MISSING = 4;

/**
 * How long a loss is not believed for containers of this host: the path to them is short, and if no other host checks them, they would stay
 * in the answers.
 */
const OWN_LIMIT_MS = 30_000;

/**
 * A checker is suspended when a target goes down while more than half of its targets, and at least four, are missing: they went down
 * within the window or fail right now. The cause is more likely its own network than that many containers. Those that fail are
 * the reason that not even the first loss is believed. It has recovered when at most half have been missing for the window: until then,
 * the others of those that come back may only be later. `nowMs` is monotonic.
 */
export function suspend(before: Suspension, census: Census): Suspension {
  const { upCount, failingCount, windowMs, nowMs } = census;
  const lost = lostAfter(before, census);
  const missing = lost.size + failingCount;
  const isMost = lost.size > 0 && missing > upCount - failingCount;
  if (!before.suspended || isMost) {
    return { suspended: isMost && (before.suspended || missing >= MIN_MISSING), lost, calmSinceMs: null };
  }
  const calmSinceMs = before.calmSinceMs ?? nowMs;
  const isOver = lost.size === 0 || nowMs - calmSinceMs >= windowMs;
  return { suspended: !isOver, lost, calmSinceMs: isOver ? null : calmSinceMs };
}

function lostAfter({ suspended, lost: before }: Suspension, census: Census): Suspension['lost'] {
  const { changes, windowMs, nowMs, isOwn } = census;
  const lost = new Map(before);
  for (const [id, change] of changes) {
    if (change === 'down') lost.set(id, nowMs);
    else lost.delete(id);
  }
  for (const [id, atMs] of lost) {
    const limitMs = suspended ? (isOwn(id) ? OWN_LIMIT_MS : Number.POSITIVE_INFINITY) : windowMs;
    if (nowMs - atMs > limitMs) lost.delete(id);
  }
  return lost;
}
