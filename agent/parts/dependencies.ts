import type { Clock, Log, RunCommand } from '../../system/index.ts';

/** The outside world, for every part of the agent. */
export interface AgentDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly run: RunCommand;
}
