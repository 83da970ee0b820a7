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
  /** Version of the API. */
  readonly version: string;
  /** Changes that come within this time of each other are one. */
  readonly quietMs: number;
  /** However many come, files are brought up to date after this time. */
  readonly maxWaitMs: number;
  /** When what failed is tried again without any change. */
  readonly retry: RetrySchedule;
  readonly signal: AbortSignal;
}

/** Keeps files up to date until the signal aborts. */
export async function followTemplates(
  deps: FollowDependencies,
  specs: readonly TemplateSpec[],
  options: FollowOptions,
): Promise<void> {
  const { metadata, clock, log } = deps;
  const { signal, retry } = options;
  const wakeUp = createWakeUp(clock);
  const told = new Map<string, string>();
  let newest: string | null = null;
  const watching = watch(metadata, signal, (version) => {
    newest = version;
    wakeUp.wake();
  });
  const settle = async (): Promise<void> => {
    const deadline = clock.monotonic() + options.maxWaitMs;
    for (let seen: string | null = null; seen !== newest && clock.monotonic() < deadline; ) {
      seen = newest;
      await clock.sleep(options.quietMs, signal).catch(() => {});
    }
  };
  let done: string | null = null;
  let failing: readonly TemplateSpec[] = [];
  let reload: ReadonlySet<string> = new Set();
  let failures = 0;
  while (!signal.aborted) {
    await wakeUp.wait(failures > 0 ? backoffMs(retry, failures, 0.5) : null, signal);
    if (newest !== done) await settle();
    if (signal.aborted) break;
    const goal: string | null = newest;
    const due = goal === done ? failing : specs;
    try {
      const outcomes = await runTemplates(deps, due, { version: options.version, dry: false, reload, signal });
      done = goal;
      for (const outcome of outcomes) tell(log, told, outcome);
      failing = outcomes.filter(isFailed).map(({ spec }) => spec);
      reload = new Set(
        outcomes.filter(({ outcome }) => outcome.kind === 'reload-failed').map(({ spec }) => spec.destination),
      );
    } catch (error) {
      if (signal.aborted) break;
      if (failures === 0) log.warn({ err: error }, 'the metadata cannot be read; what was written stays');
      failing = due;
    }
    failures = failing.length > 0 ? failures + 1 : 0;
  }
  await watching;
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

/** Says what is new: each failure once, and its end. */
function tell(log: Log, told: Map<string, string>, { spec, outcome, more }: TemplateOutcome): void {
  const { destination } = spec;
  if (outcome.kind === 'failed' || outcome.kind === 'reload-failed') {
    const text = [outcome.problem, ...more].map(formatProblem).join(' · ');
    if (told.get(destination) !== text) log.warn({ template: spec.name, problem: text }, 'template failed');
    told.set(destination, text);
    return;
  }
  if (outcome.kind === 'written') log.info({ destination }, 'file written');
  if (told.has(destination)) log.info({ destination }, 'template works again');
  told.delete(destination);
}
