import { join } from 'node:path';
import type { Program } from '../../linux/index.ts';
import { charonCommand } from '../../overlay/index.ts';
import type { Clock, Log } from '../../system/index.ts';
import { createSupervisedProgram } from '../children/supervised-program.ts';
import type { Config } from '../config/config.ts';

/** Name of the child, of its files in the run directory, and of the directory beside them. */
export const IPSEC_CHILD = 'ipsec';

/** It tells each peer that its tunnel ends, and waits for no reply. */
const STOP_TIMEOUT_MS = 3_000;

export const charonDirOf = ({ runDir }: Pick<Config, 'runDir'>): string => join(runDir, IPSEC_CHILD);

/** charon. It keeps running while the agent is restarted or upgraded, and its tunnels stand: the version of the agent does not matter. */
export function createCharonProcess(
  deps: { readonly clock: Clock; readonly log: Log },
  config: Pick<Config, 'runDir'>,
): Program {
  const [file, ...args] = charonCommand(charonDirOf(config));
  const spec = { name: IPSEC_CHILD, file, args, version: 'charon' };
  return createSupervisedProgram(deps, spec, { runDir: config.runDir, stopTimeoutMs: STOP_TIMEOUT_MS });
}
