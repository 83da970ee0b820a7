import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createCharonProcess } from '../../agent/overlay/charon-process.ts';
import { createIpsec, type IpsecOptions } from '../../overlay/index.ts';
import { systemClock } from '../../system/index.ts';
import type { TestHost } from './test-host.ts';
import { testLog } from './test-log.ts';

const PROGRAMS = `${process.cwd()}/.tools/overlay`;
const PLUGIN_DIR = `${PROGRAMS}/usr/lib/ipsec/plugins`;

/** The driver of a test host, with a charon that runs there. Called again: for an agent that starts again. */
export function createHostIpsec(
  { dir, holderPid, run }: Pick<TestHost, 'dir' | 'holderPid' | 'run'>,
  options: Partial<IpsecOptions> = {},
): ReturnType<typeof createIpsec> {
  const charon = join(dir, 'charon');
  writeFileSync(charon, `#!/bin/sh\nexec nsenter -t ${holderPid} -n ${PROGRAMS}/bin/charon\n`, { mode: 0o755 });
  const deps = { clock: systemClock, log: testLog('ipsec') };
  return createIpsec(
    {
      ...deps,
      run: (file, args, given) => run(file, args, given),
      program: createCharonProcess(deps, { runDir: dir }),
    },
    { charon, pluginDir: PLUGIN_DIR, runDir: join(dir, 'ipsec'), keyFile: join(dir, 'keys', 'ipsec.key'), ...options },
  );
}
