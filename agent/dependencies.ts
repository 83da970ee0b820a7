import type { Problem } from '../model/index.ts';
import type { Clock, Log, RunCommand } from '../system/index.ts';
import type { Program } from './children/servers.ts';
import type { Config } from './config/config.ts';

/** The outside world, for every part of the agent. */
export interface AgentDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly run: RunCommand;
}

/** The settings an agent starts with. */
export interface AgentSettings {
  readonly config: Config;
  /** Configuration warnings; shown in status. */
  readonly warnings: readonly Problem[];
  readonly program: Program;
}
