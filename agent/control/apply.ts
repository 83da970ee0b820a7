import type { Bus } from '../../bus/index.ts';
import { applyChanges, parseManifests, planApply, renderChanges } from '../../sources/index.ts';
import type { ApplyOutcome, ApplyRequest } from './apply-request.ts';

/**
 * Brings the declarations of manifests onto the bus: what can be understood of them, and nothing of it on a dry run. Rejects
 * when the bus cannot be read or written; some changes may have been made then, and applying again is safe.
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
