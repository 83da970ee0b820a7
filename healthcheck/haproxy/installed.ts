import { ok, problem, type Result } from '../../model/index.ts';
import type { RunCommand } from '../../system/index.ts';

/** Servers with health checks can be added at run time since this version. */
const OLDEST = [2, 6] as const;
const SUBJECT = 'health checks';

/** Whether HAProxy can be run, and is new enough. */
export async function checkInstalled(
  run: RunCommand,
  [file = '', ...args]: readonly string[],
): Promise<Result<string>> {
  const output = await run(file, [...args, '-v']).catch((error: Error) => error);
  if (output instanceof Error) {
    const what = `HAProxy cannot be run, so nothing is checked from this host (${output.message})`;
    return problem(SUBJECT, what, 'install the package haproxy');
  }
  const [, version, major, minor] = /version ((\d+)\.(\d+)\S*)/.exec(output) ?? [];
  if (version === undefined) {
    return problem(SUBJECT, `${[file, ...args].join(' ')} is not HAProxy`, 'install the package haproxy');
  }
  const isOld = Number(major) < OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) < OLDEST[1]);
  if (!isOld) return ok(version);
  return problem(SUBJECT, `HAProxy ${version} is too old`, `install HAProxy ${OLDEST.join('.')} or newer`);
}
