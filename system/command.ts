export interface CommandOptions {
  /** Text for standard input. Default: no input. */
  readonly input?: string;
  /** Kills the command after this time. Default 10 s. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
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
