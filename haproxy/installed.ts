import { ok, problem, type Result } from '../model/index.ts';
import type { RunCommand } from '../system/index.ts';

/** Servers can be added and removed at run time, with their checks, since this version. */
const OLDEST = [2, 6] as const;

/** Whether HAProxy can be run, and is new enough; gives its version. `purpose` and `loss` are for the problem. */
export async function checkInstalled(
  run: RunCommand,
  [file = '', ...args]: readonly string[],
  { purpose, loss }: { readonly purpose: string; readonly loss: string },
): Promise<Result<string>> {
  const output = await run(file, [...args, '-v']).catch((error: Error) => error);
  if (output instanceof Error) {
    const what = `HAProxy cannot be run, so ${loss} (${output.message})`;
    return problem(purpose, what, 'install the package haproxy');
  }
  const [, version, major, minor] = /version ((\d+)\.(\d+)\S*)/.exec(output) ?? [];
  if (version === undefined) {
    return problem(purpose, `${[file, ...args].join(' ')} is not HAProxy`, 'install the package haproxy');
  }
  const isOld = Number(major) < OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) < OLDEST[1]);
  if (!isOld) return ok(version);
  return problem(purpose, `HAProxy ${version} is too old`, `install HAProxy ${OLDEST.join('.')} or newer`);
}
