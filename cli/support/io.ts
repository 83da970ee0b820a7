import { formatProblem, type Problem, type Result } from '../../model/index.ts';
import { isBug } from '../../system/index.ts';

/** A command's access to the terminal and its own process. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether standard output is a terminal. */
  readonly isTerminal: boolean;
  /** Writes results, a line or more. */
  print(text: string): void;
  /** Writes exactly this text. */
  write(text: string): void;
  /** Writes warnings and notices to standard error. */
  warn(text: string): void;
  /** Sets the exit code of the process; the command continues. */
  setExitCode(code: number): void;
}

/** Exit codes of all commands. The help text lists them. */
export const EXIT = {
  ok: 0,
  /** The command failed; for `status` and `doctor`: problems were found. */
  failed: 1,
  agentNotRunning: 2,
  usage: 64,
  /** `drover agent` ended because of `drover down`; the service manager must not restart it. */
  down: 10,
} as const;

/** An expected failure of a command; its message is for the user. */
export class CommandFailure extends Error {
  readonly exitCode: number;

  constructor(problems: readonly Problem[], exitCode: number = EXIT.failed) {
    super(problems.map((problem) => `drover: ${formatProblem(problem)}`).join('\n'));
    this.name = 'CommandFailure';
    this.exitCode = exitCode;
  }
}

/** Invalid usage: exit code 64. */
export function usageFailure(subject: string, what: string, hint: string): CommandFailure {
  return new CommandFailure([{ subject, what, hint }], EXIT.usage);
}

/** A file named on the command line that cannot be read. */
export function unreadable(path: string, error: unknown): CommandFailure {
  const { code } = error as NodeJS.ErrnoException;
  return usageFailure(
    path,
    code === 'ENOENT' ? 'does not exist' : `cannot be read: ${describe(error)}`,
    'correct the path',
  );
}

/** The value of a result; if it has none, the command fails. */
export function valueOrFail<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new CommandFailure([result.problem]);
}

/** Writes each problem as a line of standard error. `title` says what kind they are of. */
export function warnOf(io: Pick<Io, 'warn'>, problems: readonly Problem[], title = ''): void {
  for (const problem of problems) io.warn(`drover: ${title}${formatProblem(problem)}`);
}

/** Aborts on SIGINT and SIGTERM. */
export function interruption(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
  return stop.signal;
}

export function createIo(): Io {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // The reader has ended, such as `head`.
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
  return {
    env: process.env,
    isTerminal: process.stdout.isTTY === true,
    print: (text) => void process.stdout.write(text.endsWith('\n') ? text : `${text}\n`),
    write: (text) => void process.stdout.write(text),
    warn: (text) => void process.stderr.write(`${text}\n`),
    setExitCode: (code) => {
      process.exitCode = code;
    },
  };
}

/** What failed and why. The stack is included only if the error looks like a bug in Drover. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (isBug(error)) return error.stack ?? error.message;
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
