import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { createCharonProcess } from '../../../agent/overlay/charon-process.ts';
import { createIpsec, type IpsecOptions } from '../../../overlay/index.ts';
import { systemClock as clock } from '../../../system/index.ts';
import type { TestHost } from '../test-host.ts';
import { testLog } from '../test-log.ts';

const ROOT = resolve('.tools/overlay');

/** The IPsec driver as the agent of this host makes it, with a charon of its own. Called again: for an agent that starts again. */
export function ipsecOnHost(host: TestHost, options: Partial<IpsecOptions> = {}) {
  const charon = join(host.dir, 'bin', 'charon');
  writeProgram(host, charon);
  const deps = { clock, log: testLog(`ipsec of ${host.name}`) };
  const program = createCharonProcess(deps, { runDir: host.dir });
  const run: typeof host.run = (file, args, more) => host.run(file, args, more);
  const runDir = join(host.dir, 'ipsec');
  const keyFile = join(host.dir, 'overlay', 'ipsec.key');
  const backend = createIpsec({ ...deps, run, program }, { charon, runDir, keyFile, ...options });
  return { backend, program, runDir, keyFile };
}

/** Not by `enter`: charon's wrapper needs the mounts that its starter has made. */
function writeProgram({ holderPid }: TestHost, file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\nexec nsenter -t ${holderPid} -n '${ROOT}/bin/charon'\n`, { mode: 0o755 });
}
