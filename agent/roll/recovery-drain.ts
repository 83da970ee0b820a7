import { serviceOf } from '../../view/index.ts';
import { createDrain, type DrainDependencies, drainTimeoutOf } from './drain.ts';
import { standingNow } from './when-ready.ts';

/** Takes a container out of the traffic whose replacement an earlier agent has begun. */
export async function recoveryDrain(deps: DrainDependencies, id: string, signal: AbortSignal): Promise<void> {
  const view = deps.view();
  const { container } = standingNow(view, id);
  const service = container && serviceOf(view, container);
  if (!service) return;
  // The container stays retired until it is removed, or until this agent ends.
  await createDrain(deps).drain(id, { timeoutMs: drainTimeoutOf(view, service.key, deps.drainTimeoutMs) }, signal);
}
