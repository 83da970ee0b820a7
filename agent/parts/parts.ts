import type { Problem } from '../../model/index.ts';
import type { ComponentLoop, Driver, ReconcilerStatus } from '../../reconcile/index.ts';
import { backoffMs, type Clock, type Log, type RetrySchedule } from '../../system/index.ts';
import { problemsOfComponent } from './component-status.ts';
import type { Part, PartReport, PartStatus } from './part.ts';

/** The agent's parts, each isolated from the others. */
export interface Parts {
  /** Starts parts, by name. */
  start(parts: Readonly<Record<string, Part>>): void;
  /** Starts the loops of all components; each is a part with the name of its component. */
  drive(driver: Driver): void;
  /** Adds a part that runs already and restarts by itself. */
  include(read: () => PartStatus, life: Promise<void>): void;
  status(): readonly PartStatus[];
  /** Whether a part has once left nothing to do. */
  isDone(name: string): boolean;
  /** Allows the deletions that a component holds back now and returns them, one line each. Null: there is no such component. */
  confirm(name: string): readonly string[] | null;
  /** Resolves when all have ended; abort the signal before. */
  ended(): Promise<void>;
}

const RETRY: RetrySchedule = { minMs: 200, maxMs: 30_000 };
const STEADY_AFTER_MS = 60_000;

export function createParts(
  { clock, log, random = Math.random }: { readonly clock: Clock; readonly log: Log; readonly random?: () => number },
  signal: AbortSignal,
): Parts {
  const statuses = new Map<string, () => PartStatus>();
  const loops = new Map<string, ComponentLoop>();
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
        if (!crashed) log.warn({ part: name, err: error }, 'part failed and is restarted');
        crashed = true;
        report.problems([crashProblem(name, error)]);
        await clock.sleep(backoffMs(RETRY, failures, random()), signal).catch(() => {});
      }
    }
  };

  const start = (name: string, part: Part): void => {
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
  };

  return {
    start: (parts) => {
      for (const [name, part] of Object.entries(parts)) start(name, part);
    },
    drive: (driver) => {
      for (const loop of driver.loops) {
        const { name } = loop.status();
        statuses.set(name, () => componentPart(loop.status()));
        loops.set(name, loop);
        lives.push(loop.run(signal));
      }
      lives.push(driver.run(signal));
    },
    include: (read, life) => {
      statuses.set(read().name, read);
      lives.push(life);
    },
    status: () => [...statuses.values()].map((read) => read()),
    isDone: (name) => (statuses.get(name)?.().lastAppliedAtMs ?? null) !== null,
    confirm: (name) => {
      const loop = loops.get(name);
      if (!loop) return null;
      const { held } = loop.status();
      loop.confirm();
      return held;
    },
    ended: async () => {
      await Promise.all(lives);
    },
  };
}

function componentPart(status: ReconcilerStatus): PartStatus {
  const { name, lastAppliedAtMs, pending } = status;
  return { name, lastAppliedAtMs, problems: problemsOfComponent(status), pending };
}

function crashProblem(name: string, error: unknown): Problem {
  const what = error instanceof Error ? error.message : String(error);
  return {
    subject: name,
    what,
    hint: 'no action needed, Drover retries automatically; if this persists, fix the cause above',
  };
}
