import type { Bus } from '../../bus/index.ts';
import { applyChanges, parseManifests, planApply, renderChanges } from '../../sources/index.ts';
import type { ApplyOutcome, ApplyRequest } from './apply-request.ts';

/**
 * Writes the declarations of manifests to the bus, except those with errors; a dry run writes nothing. Rejects when the bus
 * cannot be read or written. Some changes may have been made then; applying again is safe.
 */
export async function applyManifests(bus: Bus, request: ApplyRequest): Promise<ApplyOutcome> {
  const stack = request.stack ?? undefined;
  const { declarations, problems, ignored, complete } = parseManifests(request.files, {
    stack,
    variables: request.variables,
  });
  const current = await bus.list('service/');
  const changes = planApply(current, declarations, { stack, prune: request.prune, complete });
  const failed = request.dryRun ? [] : await applyChanges({ documents: bus }, changes);
  return { changes: changes.length === 0 ? [] : renderChanges(changes), problems: [...problems, ...failed], ignored };
}
