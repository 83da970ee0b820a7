import { ok, problem, type Result } from '../model/index.ts';
import type { RunCommand } from '../system/index.ts';
import { type HaproxyFeatures, type HaproxyPart, parseFeatures, withoutText } from './features.ts';

/** Servers can be added and removed at run time, with their checks, since this version. */
const OLDEST = [2, 6] as const;

export interface InstalledHaproxy extends HaproxyFeatures {
  readonly version: string;
}

export interface HaproxyPurpose {
  /** Subject of the problem. */
  readonly purpose: string;
  /** What does not work without HAProxy. */
  readonly loss: string;
  /** Parts that it must have. */
  readonly needs: readonly HaproxyPart[];
}

/** Whether HAProxy can be run, is new enough, and has what is needed. */
export async function checkInstalled(
  run: RunCommand,
  [file = '', ...args]: readonly string[],
  { purpose, loss, needs }: HaproxyPurpose,
): Promise<Result<InstalledHaproxy>> {
  const output = await run(file, [...args, '-vv']).catch((error: Error) => error);
  if (output instanceof Error) {
    const what = `HAProxy cannot be run, so ${loss} (${output.message})`;
    return problem(purpose, what, 'install the package haproxy');
  }
  const [, version, major, minor] = /version ((\d+)\.(\d+)\S*)/.exec(output) ?? [];
  if (version === undefined) {
    return problem(purpose, `${[file, ...args].join(' ')} is not HAProxy`, 'install the package haproxy');
  }
  const isOld = Number(major) < OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) < OLDEST[1]);
  if (isOld) return problem(purpose, `HAProxy ${version} is too old`, `install HAProxy ${OLDEST.join('.')} or newer`);
  const features = parseFeatures(output);
  const missing = needs.find((part) => features.lacks.includes(part));
  if (missing === undefined) return ok({ version, ...features });
  const what = `HAProxy ${version} ${withoutText(missing)}, so ${loss}`;
  return problem(purpose, what, 'install a HAProxy that has it, such as the package haproxy of Debian');
}
