import type { Bus } from '../../bus/index.ts';
import type { Problem, ServiceDeclaration } from '../../model/index.ts';
import { applyChanges, parseManifests, planApply, renderChanges, withoutEmptyFiles } from '../../sources/index.ts';
import type { Clock } from '../../system/index.ts';
import type { ApplyOutcome, ApplyRequest } from './apply-request.ts';

export interface ApplyDependencies {
  readonly bus: Bus;
  readonly clock: Pick<Clock, 'now'>;
  /** What is worth knowing about declarations before they take effect. */
  readonly notes: (declarations: readonly ServiceDeclaration[]) => readonly Problem[];
}

/**
 * Writes the declarations of manifests to the bus, except those with errors; a dry run writes nothing. Rejects when the bus
 * cannot be read or written. Some changes may have been made then; applying again is safe.
 */
export async function applyManifests(
  { bus, clock, notes }: ApplyDependencies,
  request: ApplyRequest,
): Promise<ApplyOutcome> {
  const stack = request.stack ?? undefined;
  const manifests = parseManifests(request.files, { stack, variables: request.variables });
  const { declarations, wrongRules, ignored, complete, stacks, emptyFiles } = manifests;
  const prune = request.prune && complete ? stacks : [];
  const planned = planApply(await bus.list('service/'), declarations, { prune, wrongRules });
  const { changes, problems } = withoutEmptyFiles(planned, emptyFiles);
  const nothingToPrune = request.prune && complete && stacks.length === 0 ? [NOTHING_TO_PRUNE] : [];
  const noted = notes(declarations);
  const failed = request.dryRun ? [] : await applyChanges({ documents: bus, clock }, changes);
  return {
    changes: renderChanges(changes),
    problems: [...manifests.problems, ...problems, ...nothingToPrune, ...failed],
    ignored: [...ignored, ...noted],
  };
}

/** An empty file names no stack, and removing everything must not be a mistake. */
const NOTHING_TO_PRUNE: Problem = {
  subject: '--prune',
  what: 'removes nothing: the files list no services',
  hint: 'write `services: {}` to remove all services of a stack, or run `drover rm STACK`',
};
