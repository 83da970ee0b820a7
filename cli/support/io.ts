import type { Problem } from '../../model/index.ts';
import { formatProblem } from '../../model/index.ts';

/** What a command knows of the terminal and the process around it. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Writes results, a line or more. */
  print(text: string): void;
  /** Writes what is not a result: warnings, what was fallen back to. */
  warn(text: string): void;
  /** The command goes on to its end, then the process ends with this. */
  setExitCode(code: number): void;
}

/** Exit codes of all commands; in the help text too. */
export const EXIT = {
  ok: 0,
  /** It failed; for `status` and `doctor`: something is not as it should be. */
  failed: 1,
  /** The agent is away. */
  away: 2,
  usage: 64,
  /** `drover agent` ended because of `drover down`: not to be started again. */
  down: 10,
} as const;

/** An expected failure of a command, told to the person who called it. */
export class CommandFailure extends Error {
  readonly exitCode: number;

  constructor(problems: readonly Problem[], exitCode: number = EXIT.failed) {
    super(problems.map((problem) => `drover: ${formatProblem(problem)}`).join('\n'));
    this.name = 'CommandFailure';
    this.exitCode = exitCode;
  }
}

export function createIo(): Io {
  return {
    env: process.env,
    print: (text) => void process.stdout.write(text.endsWith('\n') ? text : `${text}\n`),
    warn: (text) => void process.stderr.write(`${text}\n`),
    setExitCode: (code) => {
      process.exitCode = code;
    },
  };
}

/** What failed and why; the place in the code only where it looks like a fault of ours. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError)
    return error.stack ?? error.message;
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
