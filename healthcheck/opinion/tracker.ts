/** How often in a row a check must pass or fail. */
export interface Thresholds {
  readonly rise: number;
  readonly fall: number;
  readonly intervalMs: number;
}

/** What is known about one target from the results of its checks, across restarts of HAProxy. */
export interface Tracked {
  readonly state: 'unknown' | 'up' | 'down';
  /** In a row. HAProxy logs every result that counts towards a change, so these are complete. */
  readonly passes: number;
  readonly failures: number;
  /** The last logged result. */
  readonly text: string;
  readonly lastMs: number;
  /** A result before this time is an extra one after the server was added again, and is not counted. */
  readonly countFromMs: number;
}

export type TrackerEvent =
  /** `up`: what HAProxy makes of its results; null: the prober does not count. */
  | { readonly kind: 'result'; readonly passed: boolean; readonly up: boolean | null; readonly text: string }
  /** What `show stat` says about the server: a state without a count. */
  | { readonly kind: 'observed'; readonly up: boolean; readonly text: string }
  /** The target is a new server of HAProxy, which counts from zero and checks it at once. */
  | { readonly kind: 'added' };

export const UNTRACKED: Tracked = {
  state: 'unknown',
  passes: 0,
  failures: 0,
  text: '',
  lastMs: Number.NEGATIVE_INFINITY,
  countFromMs: Number.NEGATIVE_INFINITY,
};

/**
 * The next state of a target. The first result decides alone. After that the state changes when HAProxy has counted enough
 * results, or when the results from before and after a restart of HAProxy are enough together. `nowMs` is monotonic.
 */
export function track(before: Tracked, event: TrackerEvent, thresholds: Thresholds, nowMs: number): Tracked {
  if (event.kind === 'added') return { ...before, countFromMs: before.lastMs + thresholds.intervalMs / 2 };
  const { text } = event;
  if (event.kind === 'observed') {
    const state = event.up ? 'up' : 'down';
    return state === before.state ? before : { ...before, state, text, passes: 0, failures: 0, lastMs: nowMs };
  }
  const counted = counts(before, event.passed, nowMs < before.countFromMs);
  return {
    ...before,
    ...counted,
    text,
    lastMs: nowMs,
    state: stateAfter(before.state, { ...counted, up: event.up }, thresholds),
  };
}

type Counts = Pick<Tracked, 'passes' | 'failures'>;

function counts({ passes, failures }: Tracked, passed: boolean, isExtra: boolean): Counts {
  const next = (count: number): number => (isExtra ? Math.max(1, count) : count + 1);
  return passed ? { passes: next(passes), failures: 0 } : { passes: 0, failures: next(failures) };
}

function stateAfter(
  state: Tracked['state'],
  { passes, failures, up }: Counts & { readonly up: boolean | null },
  { rise, fall }: Thresholds,
): Tracked['state'] {
  if (passes > 0) return state !== 'down' || up === true || passes >= rise ? 'up' : 'down';
  return state !== 'up' || up === false || failures >= fall ? 'down' : 'up';
}
