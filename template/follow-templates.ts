import { formatProblem } from '../model/index.ts';
import { backoffMs, type Clock, createWakeUp, type Log, type RetrySchedule } from '../system/index.ts';
import type { MetadataClient } from './metadata-client.ts';
import { type RunDependencies, runTemplates, type TemplateOutcome } from './template-run.ts';
import type { TemplateSpec } from './template-spec.ts';

export interface FollowDependencies extends RunDependencies {
  readonly metadata: MetadataClient;
  readonly clock: Clock;
  readonly log: Log;
}

export interface FollowOptions {
  /** Version of the metadata API. */
  readonly version: string;
  /** Changes within this time of each other are combined. */
  readonly quietMs: number;
  /** Files are updated after this time even if changes continue. */
  readonly maxWaitMs: number;
  /** When failed templates are retried without a change. */
  readonly retry: RetrySchedule;
  readonly signal: AbortSignal;
}

/** What was done so far. */
interface Progress {
  /** The `version` that the files show; null before the first run. */
  readonly done: string | null;
  readonly failing: readonly TemplateSpec[];
  /** Destinations whose reload failed. */
  readonly reload: ReadonlySet<string>;
  /** Runs in a row with a failure. */
  readonly failures: number;
}

/** Keeps files up to date until the signal aborts. */
export async function followTemplates(
  deps: FollowDependencies,
  specs: readonly TemplateSpec[],
  options: FollowOptions,
): Promise<void> {
  const { signal, retry } = options;
  const wakeUp = createWakeUp(deps.clock);
  const report = createReport(deps.log);
  let newest: string | null = null;
  const watching = watch(deps.metadata, signal, (version) => {
    newest = version;
    wakeUp.wake();
  });
  let progress: Progress = { done: null, failing: [], reload: new Set(), failures: 0 };
  while (!signal.aborted) {
    await wakeUp.wait(progress.failures > 0 ? backoffMs(retry, progress.failures, 0.5) : null, signal);
    if (newest !== progress.done) await settle(deps.clock, options, () => newest);
    if (!signal.aborted) progress = await update(deps, { specs, goal: newest, progress, report }, options);
  }
  await watching;
}

/** Waits until the version is stable for `quietMs`, at most `maxWaitMs`. */
async function settle(clock: Clock, options: FollowOptions, version: () => string | null): Promise<void> {
  const deadline = clock.monotonic() + options.maxWaitMs;
  let seen: string | null = null;
  while (seen !== version() && clock.monotonic() < deadline) {
    seen = version();
    await clock.sleep(options.quietMs, options.signal).catch(() => {});
  }
}

interface Update {
  readonly specs: readonly TemplateSpec[];
  /** The `version` to bring the files to. */
  readonly goal: string | null;
  readonly progress: Progress;
  readonly report: (outcome: TemplateOutcome) => void;
}

/** Runs all templates, or without a change only those that failed. */
async function update(
  deps: FollowDependencies,
  { specs, goal, progress, report }: Update,
  { version, signal }: FollowOptions,
): Promise<Progress> {
  const { done, failing, reload, failures } = progress;
  const due = goal === done ? failing : specs;
  try {
    const outcomes = await runTemplates(deps, due, { version, dry: false, reload, signal });
    for (const outcome of outcomes) report(outcome);
    const failed = outcomes.filter(isFailed);
    const reloads = failed.filter(({ outcome }) => outcome.kind === 'reload-failed');
    return {
      done: goal,
      failing: failed.map(({ spec }) => spec),
      reload: new Set(reloads.map(({ spec }) => spec.destination)),
      failures: failed.length > 0 ? failures + 1 : 0,
    };
  } catch (error) {
    if (failures === 0 && !signal.aborted)
      deps.log.warn({ err: error }, 'cannot read the metadata; files stay as they are');
    return { done, failing: due, reload, failures: failures + 1 };
  }
}

async function watch(metadata: MetadataClient, signal: AbortSignal, changed: (version: string) => void): Promise<void> {
  let known: string | null = null;
  while (!signal.aborted) {
    const version: string | null = await metadata.changed(known).catch((error: unknown) => {
      if (signal.aborted) return null;
      throw error;
    });
    if (version === null) return;
    known = version;
    changed(version);
  }
}

function isFailed({ outcome }: TemplateOutcome): boolean {
  return outcome.kind === 'failed' || outcome.kind === 'reload-failed';
}

/** Logs each failure once, and its end. */
function createReport(log: Log): (outcome: TemplateOutcome) => void {
  const reported = new Map<string, string>();
  return ({ spec, outcome, more }) => {
    const { destination } = spec;
    if (outcome.kind === 'failed' || outcome.kind === 'reload-failed') {
      const text = [outcome.problem, ...more].map(formatProblem).join(' · ');
      if (reported.get(destination) !== text) log.warn({ template: spec.name, problem: text }, 'template failed');
      reported.set(destination, text);
      return;
    }
    if (outcome.kind === 'written') log.info({ destination }, 'file written');
    if (reported.delete(destination)) log.info({ destination }, 'template works again');
  };
}
