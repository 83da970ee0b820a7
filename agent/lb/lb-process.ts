import { basename, join } from 'node:path';
import { type LbFiles, type LbProcess, lbCommand, lbFiles } from '../../lb/index.ts';
import type { Clock, Log } from '../../system/index.ts';
import { createRequestedChild } from '../children/requested-child.ts';
import { createSupervisedProgram } from '../children/supervised-program.ts';
import { defaultSupervisorSettings } from '../children/supervisor.ts';
import type { Config } from '../config/config.ts';

/** Name of the child, of its files in the run directory, and of the directory beside them. */
export const LB_CHILD = 'lb';

/** Connections that still run then are lost: it is stopped only when there is nothing to balance, or by `drover down`. */
const STOP_TIMEOUT_MS = 1_000;

/** `bin/drover-lb` looks twice a second, and after an exit waits up to 10 s. */
const START_TIMEOUT_MS = 12_000;
const START_CONTAINER =
  'start the service `lb` of the Compose file: `docker compose up -d lb`; if the file has none, use the file of this version';

export const lbFilesOf = ({ runDir }: Pick<Config, 'runDir'>): LbFiles => lbFiles(join(runDir, LB_CHILD));

/** The HAProxy that balances. It keeps running while the agent is restarted or upgraded: the version of the agent does not matter. */
export function createLbProcess(
  deps: { readonly clock: Clock; readonly log: Log },
  config: Pick<Config, 'runDir' | 'lb'>,
): LbProcess {
  const [file = '', ...args] = lbCommand(config.lb.haproxy, lbFilesOf(config));
  const spec = { name: LB_CHILD, file, args, version: basename(file) };
  const settings = { runDir: config.runDir, stopTimeoutMs: STOP_TIMEOUT_MS };
  if (config.lb.supervise) return createSupervisedProgram(deps, spec, settings);
  return createRequestedChild(deps, spec, {
    ...defaultSupervisorSettings,
    ...settings,
    startTimeoutMs: START_TIMEOUT_MS,
    hint: START_CONTAINER,
  });
}
