import { type Log, logChange, type RunCommand } from '../system/index.ts';

/** A change to this host's network, as the command that makes it. It is logged, printed as a dry run and compared in tests. */
export interface Step {
  readonly file: string;
  readonly args: readonly string[];
  /** Text for standard input. */
  readonly input?: string;
}

/** A step from a command line without quoting, such as `ip link set drover0 up`. */
export function step(line: string, input?: string): Step {
  const [file = '', ...args] = line.split(' ');
  return input === undefined ? { file, args } : { file, args, input };
}

/** One line. The text for standard input follows in braces. */
export function formatStep({ file, args, input }: Step): string {
  const line = [file, ...args].join(' ');
  return input === undefined ? line : `${line} { ${input.trim().replaceAll(/\s*\n\s*/g, '; ')} }`;
}

export async function applyStep(run: RunCommand, { file, args, input }: Step, signal?: AbortSignal): Promise<void> {
  await run(file, args, { ...(input === undefined ? {} : { input }), ...(signal ? { signal } : {}) });
}

/** Applies steps that remove something, one after the other, and logs each. */
export async function applyRemoval(
  { run, log }: { readonly run: RunCommand; readonly log: Pick<Log, 'info' | 'debug'> },
  steps: readonly Step[],
  signal?: AbortSignal,
): Promise<void> {
  for (const step of steps) {
    await applyStep(run, step, signal);
    logChange(log, { change: formatStep(step) }, 'removed');
  }
}
