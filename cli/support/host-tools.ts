import type { AgentDependencies, Config } from '../../agent/index.ts';
import type { AdjustableLog } from '../../system/index.ts';

export interface HostTools extends AgentDependencies {
  readonly log: AdjustableLog;
}

/** Clock, log and command runner for a command that acts on the host. Loaded only when needed, because listings start faster without. */
export async function hostTools(component: string, log: Config['log']): Promise<HostTools> {
  const { createLog, runCommand, systemClock } = await import('../../system/index.ts');
  return { clock: systemClock, log: createLog(component, log), run: runCommand };
}
