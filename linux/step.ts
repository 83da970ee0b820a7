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

/**
 * Many lines for `ip` or `bridge`, made by one process. A line that fails does not stop the others, and the step fails. No lines: no step.
 */
export function batch(program: 'ip' | 'bridge', lines: readonly string[]): Step[] {
  return lines.length === 0 ? [] : [step(`${program} -force -batch -`, `${lines.join('\n')}\n`)];
}

/** A batch of more lines is shown by its ends. */
const SHOWN_LINES = 6;

/** One line. The text for standard input follows in braces. */
export function formatStep({ file, args, input }: Step): string {
  const line = [file, ...args].join(' ');
  if (input === undefined) return line;
  const lines = input.trim().split(/\s*\n\s*/);
  return `${line} { ${(args.includes('-batch') ? shortened(lines) : lines).join('; ')} }`;
}

function shortened(lines: readonly string[]): readonly string[] {
  if (lines.length <= SHOWN_LINES) return lines;
  const half = SHOWN_LINES / 2;
  return [...lines.slice(0, half), `(${lines.length - SHOWN_LINES} more)`, ...lines.slice(-half)];
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
