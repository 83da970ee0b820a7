import type { Problem } from '../model/index.ts';
import { backoffMs, type Clock, createWakeUp, type Log, type RetrySchedule } from '../system/index.ts';
import type { Applier, DeletionLimit } from './applier.ts';
import { splitHeld } from './deletion-limit.ts';

export interface ReconcilerOptions<Desired, Observed, Change> extends Applier<Desired, Observed, Change> {
  /** The world is read again after this long although nothing was triggered. */
  readonly intervalMs: number;
  readonly retry?: RetrySchedule;
  /** What follows a change that failed: go on with the others (default), or leave them for the next try. */
  readonly onFailure?: 'continue' | 'stop';
  readonly deletionLimit?: DeletionLimit<Observed, Change>;
}

export interface ReconcilerStatus {
  readonly name: string;
  /** Revision of the last desired state that stands completely, null before the first. */
  readonly lastAppliedRevision: number | null;
  /** Milliseconds since the epoch of the last pass that left nothing to do, null before the first. */
  readonly lastAppliedAtMs: number | null;
  /** Why the last pass did not succeed; null when it did. */
  readonly lastError: Problem | null;
  /** Conflicts the last plan named. */
  readonly problems: readonly Problem[];
  /** Changes that were planned and are not made yet, one line each. */
  readonly pending: readonly string[];
  /** Deletions that wait for `confirm()`, one line each. */
  readonly held: readonly string[];
}

/** A level-triggered loop: it gets the newest desired state, however many it missed. */
export interface Reconciler<Desired> {
  /** Sets the desired state; a newer one replaces an older one, also while that is being applied. Never waits. */
  trigger(desired: Desired, revision: number): void;
  /** Looks at the world now instead of at the next interval. */
  recheck(): void;
  /** Allows the deletions that are held back now; others stay subject to the limit. */
  confirm(): void;
  /** Works until `signal` aborts, then resolves. Call once. */
  run(signal: AbortSignal): Promise<void>;
  status(): ReconcilerStatus;
}

interface Target<Desired> {
  readonly desired: Desired;
  readonly revision: number;
}

export function createReconciler<Desired, Observed, Change>(
  { clock, log, random = Math.random }: { clock: Clock; log: Log; random?: () => number },
  options: ReconcilerOptions<Desired, Observed, Change>,
): Reconciler<Desired> {
  const { name, format } = options;
  const retry = options.retry ?? { minMs: 200, maxMs: 30_000 };
  const wakeUp = createWakeUp(clock);
  let target: Target<Desired> | null = null;
  let confirmed: ReadonlySet<string> = new Set();
  let failures = 0;
  let status: ReconcilerStatus = {
    name,
    lastAppliedRevision: null,
    lastAppliedAtMs: null,
    lastError: null,
    problems: [],
    pending: [],
    held: [],
  };

  const say = (next: ReconcilerStatus): void => {
    const before = status;
    status = next;
    const { lastError, held } = next;
    if (lastError && lastError.what !== before.lastError?.what)
      log.warn({ applier: name, problem: lastError }, 'reconciling failed');
    if (!lastError && before.lastError) log.info({ applier: name }, 'reconciling works again');
    if (held.length > 0 && before.held.length === 0)
      log.warn({ applier: name, held }, 'deletions wait to be confirmed');
    for (const problem of next.problems)
      if (!before.problems.some(({ subject, what }) => subject === problem.subject && what === problem.what))
        log.warn({ applier: name, problem }, 'conflict');
  };

  const applyAll = async (
    changes: readonly Change[],
    goal: Target<Desired>,
    signal: AbortSignal,
  ): Promise<Problem[]> => {
    const errors: Problem[] = [];
    let left = changes.map(format);
    for (const change of changes) {
      if (target !== goal || signal.aborted) break;
      try {
        await options.apply(change, signal);
        log.info({ applier: name, change: format(change) }, 'changed');
        left = left.toSpliced(left.indexOf(format(change)), 1);
        status = { ...status, pending: left };
      } catch (error) {
        if (signal.aborted) break;
        errors.push(problemOf(`${name}: ${format(change)}`, error));
        if (options.onFailure === 'stop') break;
      }
    }
    return errors;
  };

  const pass = async (goal: Target<Desired>, signal: AbortSignal): Promise<void> => {
    const observed = await options.observe(goal.desired, signal);
    const { changes, problems } = options.plan(goal.desired, observed);
    const { allowed, held } = splitHeld(changes, observed, options.deletionLimit, confirmed, format);
    confirmed = new Set(changes.map(format).filter((line) => confirmed.has(line)));
    say({ ...status, problems, held, pending: allowed.map(format) });
    const errors = await applyAll(allowed, goal, signal);
    if (signal.aborted) return;
    const [first = null] = errors;
    const superseded = target !== goal;
    if (first) failures += 1;
    else if (!superseded) failures = 0;
    const done = first === null && held.length === 0 && !superseded;
    say({
      ...status,
      lastError: first,
      ...(done ? { lastAppliedRevision: goal.revision, lastAppliedAtMs: clock.now() } : {}),
    });
  };

  const attempt = async (goal: Target<Desired>, signal: AbortSignal): Promise<void> => {
    try {
      await pass(goal, signal);
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      say({ ...status, lastError: problemOf(name, error) });
    }
  };

  return {
    trigger: (desired, revision) => {
      target = { desired, revision };
      wakeUp.wake();
    },
    recheck: wakeUp.wake,
    confirm: () => {
      confirmed = new Set(status.held);
      wakeUp.wake();
    },
    run: async (signal) => {
      while (!signal.aborted) {
        const goal = target;
        if (goal) await attempt(goal, signal);
        if (signal.aborted) break;
        if (failures > 0) await wakeUp.pause(retry.minMs, signal);
        const waitMs = failures > 0 ? backoffMs(retry, failures, random()) : options.intervalMs;
        await wakeUp.wait(goal ? waitMs : null, signal);
      }
    },
    status: () => status,
  };
}

function problemOf(subject: string, error: unknown): Problem {
  const what = error instanceof Error ? error.message : String(error);
  return { subject, what, hint: 'Drover retries automatically; if this persists, fix the cause above' };
}
