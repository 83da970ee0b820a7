import { type HaproxyProcess, haproxyCommand, haproxyFiles } from '../../healthcheck/index.ts';
import type { Clock, Log } from '../../system/index.ts';
import { createSupervisor, defaultSupervisorSettings, type Supervisor } from '../children/supervisor.ts';
import type { Config } from '../config/config.ts';
import { VERSION } from '../config/version.ts';

/** Name of the child, and of its files in the run directory. */
export const HEALTH_CHILD = 'health';

/** It serves nobody, so it has nothing to finish. */
const STOP_TIMEOUT_MS = 1_000;

export interface KeptHaproxy extends HaproxyProcess, Pick<Supervisor, 'stop'> {}

/** The HAProxy that checks containers from this host. It keeps running while the agent is restarted. */
export function createHaproxyProcess(
  deps: { readonly clock: Clock; readonly log: Log },
  { runDir, health }: Pick<Config, 'runDir' | 'health'>,
): KeptHaproxy {
  const [file = '', ...args] = haproxyCommand({ command: [health.haproxy], files: haproxyFiles(runDir) });
  const settings = { ...defaultSupervisorSettings, stopTimeoutMs: STOP_TIMEOUT_MS, runDir };
  const supervisor = createSupervisor(deps, [{ name: HEALTH_CHILD, file, args, version: VERSION }], settings);
  return {
    run: supervisor.run,
    stop: supervisor.stop,
    restart: () => supervisor.restart(HEALTH_CHILD),
    lastEnd: () => supervisor.status()[0]?.lastEnd ?? null,
  };
}
