import { componentStatusFact, type FactsPart } from '../../facts/index.ts';
import type { ComponentStatus, Problem } from '../../model/index.ts';
import type { ReconcilerStatus } from '../../reconcile/index.ts';
import type { Clock } from '../../system/index.ts';
import type { Part } from './part.ts';

/** The key prefix of the facts of this part. */
export const STATUS_PREFIX = 'status/';

/** What other hosts learn of a component. */
export type ReportedStatus = Pick<ReconcilerStatus, 'name' | 'lastError' | 'problems' | 'held'>;

export interface ComponentStatusDependencies {
  readonly facts: Pick<FactsPart, 'set'>;
  readonly statuses: () => readonly ReportedStatus[];
  readonly clock: Clock;
}

/** A component that changes all the time writes to the bus no more often than this. */
const INTERVAL_MS = 10_000;

/** Publishes how the components of this host are doing, for the other hosts. */
export function componentStatusPart({ facts, statuses, clock }: ComponentStatusDependencies): Part {
  const entered = new Map<string, Pick<ComponentStatus, 'state' | 'sinceMs'>>();
  const publish = (status: ReportedStatus): void => {
    const { name: component } = status;
    const state = stateOf(status);
    const before = entered.get(component);
    const entry = before?.state === state ? before : { state, sinceMs: clock.now() };
    entered.set(component, entry);
    facts.set(...componentStatusFact({ component, ...entry, problems: problemsOfComponent(status) }));
  };
  return async (signal, report) => {
    while (!signal.aborted) {
      await clock.sleep(INTERVAL_MS, signal).catch(() => {});
      if (signal.aborted) return;
      for (const status of statuses()) publish(status);
      report.done();
    }
  };
}

/** What is wrong with a component, most severe first. */
export function problemsOfComponent({ name, lastError, problems, held }: ReportedStatus): readonly Problem[] {
  return [...(lastError ? [lastError] : []), ...problems, ...(held.length > 0 ? [heldProblem(name, held)] : [])];
}

function heldProblem(name: string, held: readonly string[]): Problem {
  const what = `${held.length} deletions are held back because they exceed the deletion limit: ${held.slice(0, 3).join(', ')}`;
  return { subject: name, what, hint: `check whether the source is right, then run: drover confirm ${name}` };
}

function stateOf({ lastError, problems, held }: ReportedStatus): ComponentStatus['state'] {
  if (held.length > 0) return 'held';
  return lastError !== null || problems.length > 0 ? 'failing' : 'ok';
}
