/** A target that goes up and down is believed to be down for longer and longer. */
export interface DampingSettings {
  /** How long a target must stay up after its second flap. */
  readonly minHoldMs: number;
  readonly maxHoldMs: number;
  /** A target that has not gone down for this long is new again. */
  readonly quietMs: number;
}

export const defaultDampingSettings: DampingSettings = { minHoldMs: 5_000, maxHoldMs: 120_000, quietMs: 600_000 };

export interface Damped {
  readonly state: 'unknown' | 'up' | 'down';
  /** How often it went down after it was up, since the last quiet period. */
  readonly flaps: number;
  readonly lastFlapMs: number;
  /** When it is believed to be up again; null: it is not waiting for that. */
  readonly heldUntilMs: number | null;
}

export const UNDAMPED: Damped = {
  state: 'unknown',
  flaps: 0,
  lastFlapMs: Number.NEGATIVE_INFINITY,
  heldUntilMs: null,
};

/** The next belief when the checks say `checked`, also called when a hold-down ends. `nowMs` is monotonic. */
export function damp(before: Damped, checked: 'up' | 'down', settings: DampingSettings, nowMs: number): Damped {
  if (checked === 'down') return down(before, settings, nowMs);
  if (before.state === 'up') return before;
  const heldUntilMs = before.heldUntilMs ?? nowMs + holdMs(before, settings, nowMs);
  return nowMs >= heldUntilMs
    ? { ...before, state: 'up', heldUntilMs: null }
    : { ...before, state: 'down', heldUntilMs };
}

function down(before: Damped, { quietMs }: DampingSettings, nowMs: number): Damped {
  const wasUp = before.state === 'up' || before.heldUntilMs !== null;
  if (!wasUp) return before.state === 'down' ? before : { ...before, state: 'down' };
  const flaps = (isQuiet(before, quietMs, nowMs) ? 0 : before.flaps) + 1;
  return { state: 'down', flaps, lastFlapMs: nowMs, heldUntilMs: null };
}

/** The first time costs nothing: a container that failed once comes back as soon as its checks pass. */
function holdMs(before: Damped, { minHoldMs, maxHoldMs, quietMs }: DampingSettings, nowMs: number): number {
  if (before.flaps < 2 || isQuiet(before, quietMs, nowMs)) return 0;
  return Math.min(maxHoldMs, minHoldMs * 2 ** Math.min(before.flaps - 2, 30));
}

const isQuiet = ({ lastFlapMs }: Damped, quietMs: number, nowMs: number): boolean => nowMs - lastFlapMs >= quietMs;
