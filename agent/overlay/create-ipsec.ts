import { join } from 'node:path';
import { createIpsec } from '../../overlay/index.ts';
import type { Clock, Log, RunCommand } from '../../system/index.ts';
import type { Config } from '../config/config.ts';
import { charonDirOf, createCharonProcess } from './charon-process.ts';

/** The IPsec driver, with the configured charon. */
export function createIpsecBackend(
  deps: { readonly run: RunCommand; readonly clock: Clock; readonly log: Log },
  { runDir, dataDir, network: { charon, ipsecSecretFile } }: Pick<Config, 'runDir' | 'dataDir' | 'network'>,
): ReturnType<typeof createIpsec> {
  const program = createCharonProcess(deps, { runDir });
  const keyFile = join(dataDir, 'overlay', 'ipsec.key');
  return createIpsec(
    { ...deps, program },
    { charon, runDir: charonDirOf({ runDir }), keyFile, secretFile: ipsecSecretFile },
  );
}
