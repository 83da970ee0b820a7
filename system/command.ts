export interface CommandOptions {
  /** Text for standard input. */
  readonly input?: string;
  /** Default 10 s; the command is killed after it. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Runs a program and gives its standard output; a failure says which command failed and what it printed. */
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
  // Loaded when first needed: most processes run no command, and it takes longer to load than all else here.
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
