import type { RollEvent, RollRequest, StartedRoll } from '../control/roll-request.ts';
import { planService, type ServicePlan } from './plan-service.ts';
import { type RollServiceDependencies, rollService } from './roll-service.ts';

/** The rolls of this host. */
export interface Rolls {
  start(request: RollRequest): Promise<StartedRoll>;
  /** Resolves when none is in progress any more. */
  idle(): Promise<void>;
}

/** `end` aborts when the agent ends. */
export function createRolls(deps: RollServiceDependencies, end: AbortSignal): Rolls {
  const running = new Set<Promise<void>>();

  const run = async (
    started: { readonly request: RollRequest; readonly plan: ServicePlan },
    emit: (event: RollEvent) => void,
    gone: AbortSignal,
  ): Promise<void> => {
    const { request, plan } = started;
    emit({ kind: 'plan', containers: plan.containers.map(({ shown }) => shown) });
    if (request.dryRun) return;
    try {
      await rollService(deps, started, emit, { gone, end });
    } catch (error) {
      const what = `is not rolled any further: ${error instanceof Error ? error.message : String(error)}`;
      const hint = 'check the bus and Docker with `drover status`, then run the command again';
      emit({ kind: 'failed', problem: { subject: `service ${plan.service.key}`, what, hint } });
    }
  };
  return {
    start: async (request) => {
      const planned = await planService(deps.docker, deps.view(), request);
      if (!planned.ok) return planned;
      return {
        ok: true,
        run: (emit, gone) => {
          const life = run({ request, plan: planned.value }, emit, gone).finally(() => running.delete(life));
          running.add(life);
          return life;
        },
      };
    },
    idle: async () => void (await Promise.allSettled(running)),
  };
}
