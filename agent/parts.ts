import type { Problem } from '../model/index.ts';
import type { Reconciler, ReconcilerStatus } from '../reconcile/index.ts';
import { backoffMs, type Clock, type Log, type RetrySchedule } from '../system/index.ts';
import type { PartStatus } from './control/status.ts';

/** What a part reports of itself while it runs. */
export interface PartReport {
  /** It has just done all there was to do. */
  done(): void;
  /** What stands in its way; replaces what was reported before. */
  problems(problems: readonly Problem[]): void;
}

/** A part of the agent: works until `signal` aborts. What it throws ends it alone, and it is started again. */
export type Part = (signal: AbortSignal, report: PartReport) => Promise<void>;

/** The agent's parts, each isolated from the others. */
export interface Parts {
  start(name: string, part: Part): void;
  /** For parts that are a reconciler: its own status is shown. */
  startReconciler(reconciler: Pick<Reconciler<unknown>, 'run' | 'status' | 'confirm'>): void;
  /** For parts that look after themselves and tell about themselves. */
  include(read: () => PartStatus, life: Promise<void>): void;
  status(): readonly PartStatus[];
  /** Lets a reconciler make the deletions it holds back now; gives them, one line each. Null: there is no such part. */
  confirm(name: string): readonly string[] | null;
  /** Resolves when all have ended; abort the signal before. */
  ended(): Promise<void>;
}

const RETRY: RetrySchedule = { minMs: 200, maxMs: 30_000 };
const STEADY_AFTER_MS = 60_000;

export function createParts({ clock, log }: { readonly clock: Clock; readonly log: Log }, signal: AbortSignal): Parts {
  const statuses = new Map<string, () => PartStatus>();
  const reconcilers = new Map<string, Pick<Reconciler<unknown>, 'status' | 'confirm'>>();
  const lives: Promise<void>[] = [];

  const keepRunning = async (name: string, part: Part, report: PartReport): Promise<void> => {
    let failures = 0;
    let crashed = false;
    while (!signal.aborted) {
      const begin = clock.monotonic();
      try {
        await part(signal, {
          ...report,
          done: () => {
            if (crashed) log.info({ part: name }, 'part works again');
            crashed = false;
            report.done();
          },
        });
        return;
      } catch (error) {
        if (signal.aborted) return;
        failures = clock.monotonic() - begin > STEADY_AFTER_MS ? 1 : failures + 1;
        if (!crashed) log.warn({ part: name, err: error }, 'part failed, is started again');
        crashed = true;
        report.problems([crashProblem(name, error)]);
        await clock.sleep(backoffMs(RETRY, failures, Math.random()), signal).catch(() => {});
      }
    }
  };

  return {
    start: (name, part) => {
      let status: PartStatus = { name, lastAppliedAtMs: null, problems: [], pending: [] };
      statuses.set(name, () => status);
      const report: PartReport = {
        done: () => {
          status = { ...status, lastAppliedAtMs: clock.now(), problems: [] };
        },
        problems: (problems) => {
          status = { ...status, problems };
        },
      };
      lives.push(keepRunning(name, part, report));
    },
    startReconciler: (reconciler) => {
      const { name } = reconciler.status();
      statuses.set(name, () => reconcilerPart(reconciler.status()));
      reconcilers.set(name, reconciler);
      lives.push(keepRunning(name, (until) => reconciler.run(until), { done: () => {}, problems: () => {} }));
    },
    include: (read, life) => {
      statuses.set(read().name, read);
      lives.push(life);
    },
    status: () => [...statuses.values()].map((read) => read()),
    confirm: (name) => {
      const reconciler = reconcilers.get(name);
      if (!reconciler) return null;
      const { held } = reconciler.status();
      reconciler.confirm();
      return held;
    },
    ended: async () => {
      await Promise.all(lives);
    },
  };
}

function reconcilerPart({ name, lastAppliedAtMs, lastError, problems, pending, held }: ReconcilerStatus): PartStatus {
  const all = [...(lastError ? [lastError] : []), ...problems, ...(held.length > 0 ? [heldProblem(name, held)] : [])];
  return { name, lastAppliedAtMs, problems: all, pending };
}

function heldProblem(name: string, held: readonly string[]): Problem {
  const what = `${held.length} deletions are held back, more than its limit: ${held.slice(0, 3).join(', ')}`;
  return { subject: name, what, hint: `see whether the source is right, then: drover confirm ${name}` };
}

function crashProblem(name: string, error: unknown): Problem {
  const what = error instanceof Error ? error.message : String(error);
  return { subject: name, what, hint: 'Drover retries automatically; if this persists, fix the cause above' };
}
