import type { Program } from '../../linux/index.ts';
import type { Clock, Log } from '../../system/index.ts';
import type { ChildSpec } from './child-command.ts';
import { createSupervisor, defaultSupervisorSettings, type Supervisor, type SupervisorSettings } from './supervisor.ts';

/** One child, for a component that starts and stops it as it needs it. */
export function createSupervisedProgram(
  deps: { readonly clock: Clock; readonly log: Log },
  spec: ChildSpec,
  changes: Pick<SupervisorSettings, 'runDir' | 'stopTimeoutMs'>,
): Program {
  // The `run` of a supervisor is called once.
  const create = (): Supervisor => createSupervisor(deps, [spec], { ...defaultSupervisorSettings, ...changes });
  let supervisor = create();
  return {
    run: (signal) => {
      supervisor = create();
      return supervisor.run(signal);
    },
    stop: () => supervisor.stop(),
    pid: () => supervisor.status()[0]?.pid ?? null,
    lastEnd: () => supervisor.status()[0]?.lastEnd ?? null,
  };
}
