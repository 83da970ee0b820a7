import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';

export interface CommandOptions {
  /** Text for standard input. Default: no input. */
  readonly input?: string;
  /** Kills the command after this time. Default 10 s. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /**
   * Ends with the program itself, also if a child that it leaves behind keeps the output open. The child's output is read on and
   * discarded. The result is empty.
   */
  readonly untilExit?: boolean;
}

/** Runs a program and gives its standard output. The error of a failed command has its command line and standard error. */
export type RunCommand = (file: string, args: readonly string[], options?: CommandOptions) => Promise<string>;

export class CommandError extends Error {
  readonly exitCode: number | null;
  readonly stderr: string;

  constructor(message: string, exitCode: number | null, stderr: string, cause: unknown) {
    super(message, { cause });
    this.name = 'CommandError';
    this.exitCode = exitCode;
    this.stderr = stderr;
  }
}

export const runCommand: RunCommand = async (file, args, options = {}) => {
  if (options.untilExit) return runUntilExit(file, args, options);
  // Loaded on first use, because it loads slowly and most processes run no command.
  const { execa } = await import('execa');
  const result = await execa(file, [...args], {
    reject: false,
    timeout: options.timeoutMs ?? 10_000,
    ...(options.input === undefined ? { stdin: 'ignore' } : { input: options.input }),
    ...(options.signal ? { cancelSignal: options.signal } : {}),
  });
  if (!result.failed) return result.stdout;
  const stderr = result.stderr.trim();
  const why = stderr || result.shortMessage;
  throw new CommandError(`${[file, ...args].join(' ')}: ${why}`, result.exitCode ?? null, stderr, result.cause);
};

/** Output that a program has written before its end is in the pipe, but may not have been read. */
const READ_REST_MS = 100;

/** [execa 10] waits until the output is closed, and has no option to end before. */
function runUntilExit(file: string, args: readonly string[], options: CommandOptions): Promise<string> {
  const { timeoutMs = 10_000 } = options;
  // The timer of spawn's own `timeout` would keep this process running as long as the output is open.
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], signal });
    let stderr = '';
    let rest: NodeJS.Timeout | undefined;
    const collect = (chunk: Buffer): void => {
      stderr += chunk.toString();
    };
    child.stderr.on('data', collect);
    child.stdout.resume();
    const end = (code: number | null, why: string, cause?: unknown): void => {
      clearTimeout(rest);
      child.stderr.off('data', collect).resume();
      for (const stream of [child.stdout, child.stderr]) (stream as Socket).unref();
      const text = stderr.trim();
      if (code === 0) resolve('');
      else reject(new CommandError(`${[file, ...args].join(' ')}: ${text || why}`, code, text, cause));
    };
    const ended = (code: number | null, name: NodeJS.Signals | null): void =>
      end(code, code === null ? `killed by ${name}` : `exit code ${code}`);
    child.once('error', (error) =>
      end(null, timeout.aborted ? `took more than ${timeoutMs} ms` : error.message, error),
    );
    child.once('close', ended);
    child.once('exit', (code, name) => {
      rest = setTimeout(() => ended(code, name), READ_REST_MS);
    });
  });
}
