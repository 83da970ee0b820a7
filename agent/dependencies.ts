import type { Problem } from '../model/index.ts';
import type { Clock, Log, RunCommand } from '../system/index.ts';
import type { Program } from './children/servers.ts';
import type { Config } from './config/config.ts';

/** The outside world, as every part of the agent may use it. */
export interface AgentDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly run: RunCommand;
}

/** What an agent is started with. */
export interface AgentSettings {
  readonly config: Config;
  /** Slips in the configuration; shown in status. */
  readonly warnings: readonly Problem[];
  readonly program: Program;
}
