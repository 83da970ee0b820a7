import type { Problem } from '../model/index.ts';
import {
  backoffMs,
  type Clock,
  createWakeUp,
  type Log,
  logChange,
  type RetrySchedule,
  shortenChange,
} from '../system/index.ts';
import type { Applier, DeletionLimit } from './applier.ts';
import { splitHeld } from './deletion-limit.ts';
import { createFailedChanges } from './failed-changes.ts';
import { createPace, type Pacing } from './pacing.ts';
import { initialStatus, logStatusChange, type ReconcilerStatus } from './reconciler-status.ts';

export interface ReconcilerDependencies {
  readonly clock: Clock;
  readonly log: Log;
  /** In [0, 1). Default: the system's. */
  readonly random?: () => number;
}

export interface ReconcilerOptions<Desired, Observed, Change> extends Applier<Desired, Observed, Change> {
  /** Names this loop in logs and status. */
  readonly name: string;
  /** The world is read again after this long although nothing was triggered. */
  readonly intervalMs: number | (() => number);
  /** Whether `recheck` is called after each change of the world, see `Component`. */
  readonly followed?: boolean;
  /** Of each failed change, and of a world that cannot be read. */
  readonly retry?: RetrySchedule;
  readonly pacing?: Pacing;
  readonly deletionLimit?: DeletionLimit<Observed, Change>;
}

/** A dry run: what a pass would do now. */
export interface PlannedChanges {
  /** One line each, in order. */
  readonly changes: readonly string[];
  /** Deletions that would be held back, one line each. */
  readonly held: readonly string[];
  readonly problems: readonly Problem[];
}

/** A level-triggered loop: it gets the newest desired state, however many it missed. */
export interface Reconciler<Desired> {
  /**
   * Sets the desired state. A newer one replaces an older one, also while the older one is being applied. Null: nothing
   * is desired, and nothing is touched. Never waits.
   */
  trigger(desired: Desired | null, revision: number): void;
  /** Reads the world now instead of at the next interval. */
  recheck(): void;
  /** Allows the deletions that are held back now; others stay subject to the limit. */
  confirm(): void;
  /** Dry run: reads the world and plans, changes nothing. Null while nothing is desired. Rejects when the world cannot be read. */
  plan(signal: AbortSignal): Promise<PlannedChanges | null>;
  /** Works until `signal` aborts, then resolves. Call once. */
  run(signal: AbortSignal): Promise<void>;
  status(): ReconcilerStatus;
}

interface Target<Desired> {
  readonly desired: Desired;
  readonly revision: number;
}

export function createReconciler<Desired, Observed, Change>(
  { clock, log, random = Math.random }: ReconcilerDependencies,
  options: ReconcilerOptions<Desired, Observed, Change>,
): Reconciler<Desired> {
  return new Loop({ clock, log, random }, options);
}

class Loop<Desired, Observed, Change> implements Reconciler<Desired> {
  readonly #deps;
  readonly #options;
  readonly #retry: RetrySchedule;
  readonly #wakeUp;
  readonly #failed;
  readonly #pace;
  #target: Target<Desired> | null = null;
  /** What was read last. Null: there was something to do then, or a `recheck` has come since. */
  #known: { readonly observed: Observed } | null = null;
  #rechecks = 0;
  #confirmed: ReadonlySet<string> = new Set();
  /** Passes in a row that could not read the world. */
  #unreadable = 0;
  #status: ReconcilerStatus;

  constructor(deps: Required<ReconcilerDependencies>, options: ReconcilerOptions<Desired, Observed, Change>) {
    const { retry = { minMs: 200, maxMs: 30_000 }, concurrency = 1 } = options;
    this.#deps = deps;
    this.#options = options;
    this.#retry = retry;
    this.#wakeUp = createWakeUp(deps.clock);
    this.#failed = createFailedChanges(deps, { retry, ordered: concurrency === 1 });
    this.#pace = createPace(deps.clock, options.pacing);
    this.#status = initialStatus(options.name);
  }

  trigger(desired: Desired | null, revision: number): void {
    this.#target = desired === null ? null : { desired, revision };
    this.#wakeUp.wake();
  }

  recheck(): void {
    this.#rechecks += 1;
    this.#known = null;
    this.#wakeUp.wake();
  }

  confirm(): void {
    this.#confirmed = new Set(this.#status.held);
    this.#wakeUp.wake();
  }

  status(): ReconcilerStatus {
    return this.#status;
  }

  async plan(signal: AbortSignal): Promise<PlannedChanges | null> {
    if (this.#target === null) return null;
    const { allowed, held, problems } = await this.#compare(this.#target, signal);
    return { changes: allowed.map(this.#options.format), held, problems };
  }

  async run(signal: AbortSignal): Promise<void> {
    let waitMs: number | null = null;
    for (;;) {
      await this.#wakeUp.wait(waitMs, signal);
      if (signal.aborted) return;
      const target = this.#target;
      if (target) await this.#attempt(target, signal);
      else this.#set({ lastError: null, problems: [], pending: [], held: [] });
      // Triggers do not make a world that cannot be read readable.
      if (this.#unreadable > 0) await this.#wakeUp.pause(this.#retry.minMs, signal);
      waitMs = target ? this.#waitMs() : null;
    }
  }

  #waitMs(): number {
    if (this.#unreadable > 0) return backoffMs(this.#retry, this.#unreadable, this.#deps.random());
    const pacedInMs = this.#status.pending.length > 0 ? this.#pace.nextInMs() : null;
    const { intervalMs } = this.#options;
    const usual = typeof intervalMs === 'number' ? intervalMs : intervalMs();
    const waits = [usual, this.#failed.nextInMs(), pacedInMs];
    return Math.max(0, Math.min(...waits.filter((ms) => ms !== null)));
  }

  async #attempt(target: Target<Desired>, signal: AbortSignal): Promise<void> {
    try {
      await this.#pass(target, signal);
      this.#unreadable = 0;
    } catch (error) {
      if (signal.aborted) return;
      this.#unreadable += 1;
      this.#set({ lastError: problemOf(this.#options.name, error) });
    }
  }

  async #compare({ desired }: Target<Desired>, signal: AbortSignal) {
    return this.#planFrom(desired, await this.#options.observe(desired, signal));
  }

  #planFrom(desired: Desired, observed: Observed) {
    const { plan, deletionLimit } = this.#options;
    const { changes, problems } = plan(desired, observed);
    return { observed, changes, problems, ...splitHeld(changes, observed, deletionLimit, this.#confirmed) };
  }

  /** Compares with what is known of the world. If that leaves nothing to do, or a problem, the world is read. */
  async #find(target: Target<Desired>, signal: AbortSignal) {
    const [known, rechecks] = [this.#known, this.#rechecks];
    this.#known = null;
    if (known !== null) {
      const found = this.#planFrom(target.desired, known.observed);
      if (found.changes.length > 0 && found.problems.length === 0) return found;
    }
    const found = await this.#compare(target, signal);
    const isKnown = this.#options.followed === true && found.changes.length === 0 && rechecks === this.#rechecks;
    if (isKnown) this.#known = { observed: found.observed };
    return found;
  }

  async #pass(target: Target<Desired>, signal: AbortSignal): Promise<void> {
    const { changes, allowed, held, problems } = await this.#find(target, signal);
    const lines = changes.map(this.#options.format);
    const deletions = changes.flatMap((change) => this.#deletions(change));
    this.#confirmed = new Set(deletions.filter((line) => this.#confirmed.has(line)));
    this.#failed.keep(lines);
    this.#set({ problems, held, pending: allowed.map(this.#options.format) });
    await this.#applyAll(allowed, target, signal);
    if (signal.aborted) return;
    const [lastError = null] = this.#failed.problems();
    const isDone = this.#status.pending.length === 0 && held.length === 0 && this.#target === target;
    const { clock } = this.#deps;
    const times = { lastAppliedAtMs: clock.now(), lastAppliedTickMs: clock.monotonic() };
    const applied = { lastAppliedRevision: target.revision, ...times };
    this.#set({ lastError, ...(isDone ? applied : {}) });
  }

  /** Makes the changes that are due, until a newer desired state arrives. */
  async #applyAll(changes: readonly Change[], target: Target<Desired>, signal: AbortSignal): Promise<void> {
    const due = changes.filter((change) => this.#failed.isDue(this.#options.format(change)));
    const queue = due.slice(0, this.#pace.available()).values();
    const work = async (): Promise<void> => {
      for (const change of queue) {
        if (this.#target !== target || signal.aborted) return;
        const applied = await this.#apply(change, signal);
        if (!applied && this.#options.chained) return;
      }
    };
    await Promise.all(Array.from({ length: this.#options.concurrency ?? 1 }, work));
  }

  /** False: it failed. */
  async #apply(change: Change, signal: AbortSignal): Promise<boolean> {
    const { name, format } = this.#options;
    const line = format(change);
    this.#pace.count();
    try {
      await this.#options.apply(change, signal);
      logChange(this.#deps.log, { applier: name, change: line }, 'changed');
      this.#failed.remove(line);
      this.#confirmed = new Set(this.#confirmed).difference(new Set(this.#deletions(change)));
      const { pending } = this.#status;
      this.#set({ pending: pending.toSpliced(pending.indexOf(line), 1) });
      return true;
    } catch (error) {
      if (!signal.aborted) this.#failed.add(line, problemOf(`${name}: ${shortenChange(line)}`, error));
      return false;
    }
  }

  #deletions(change: Change): readonly string[] {
    return this.#options.deletionLimit?.deletions(change) ?? [];
  }

  #set(changed: Partial<ReconcilerStatus>): void {
    const before = this.#status;
    this.#status = { ...before, ...changed };
    logStatusChange(this.#deps.log, before, this.#status);
  }
}

function problemOf(subject: string, error: unknown): Problem {
  const what = error instanceof Error ? error.message : String(error);
  return {
    subject,
    what,
    hint: 'no action needed, Drover retries automatically; if this persists, fix the cause above',
  };
}
