import type { AgentDependencies, Config } from '../../agent/index.ts';

/** The outside world for a command that acts on the host. Loaded when needed: listings start faster without. */
export async function hostTools(component: string, log: Config['log']): Promise<AgentDependencies> {
  const { createLog, runCommand, systemClock } = await import('../../system/index.ts');
  return { clock: systemClock, log: createLog(component, log), run: runCommand };
}
