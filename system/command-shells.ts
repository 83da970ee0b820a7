import { randomUUID } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import { CommandError, type CommandOptions, type RunCommand, runCommand } from './command.ts';

export interface CommandShells {
  readonly run: RunCommand;
  /** Ends the shells, and what still runs in them. Idempotent. */
  close(): void;
}

export interface CommandShellsOptions {
  /** How many commands run at a time; others wait. Default 8. */
  readonly most?: number;
  /** The command line of a POSIX shell that reads commands from its standard input. Default `sh`. */
  readonly shell?: readonly [string, ...string[]];
}

/**
 * Runs commands in shells that stay. Node starts a program by `fork`, which copies the page tables of the process and stops it
 * meanwhile: several milliseconds in an agent, and hardly any time in a shell (`docs/decisions/0026-command-shells.md`).
 */
export function createCommandShells({ most = 8, shell = ['sh'] }: CommandShellsOptions = {}): CommandShells {
  const idle: Shell[] = [];
  const busy = new Set<Shell>();
  const waiting: (() => void)[] = [];
  let isClosed = false;

  const acquire = async (): Promise<Shell> => {
    // Loaded on first use, because it loads slowly.
    const { execa } = await import('execa');
    while (busy.size >= most) await new Promise<void>((resolve) => waiting.push(resolve));
    let one = idle.pop();
    // It may have been killed meanwhile.
    while (one && !one.isUsable()) one = idle.pop();
    one ??= new Shell(execa, shell);
    busy.add(one);
    if (isClosed) one.end();
    return one;
  };
  const release = (one: Shell): void => {
    busy.delete(one);
    if (isClosed) one.end();
    else if (one.isUsable()) idle.push(one);
    waiting.shift()?.();
  };
  return {
    run: async (file, args, options = {}) => {
      // What a program leaves behind would write into the output of the next one.
      if (options.untilExit || isClosed) return runCommand(file, args, options);
      options.signal?.throwIfAborted();
      const one = await acquire();
      try {
        return await runIn(one, [file, ...args], options);
      } finally {
        release(one);
      }
    },
    close: () => {
      isClosed = true;
      for (const one of [...idle.splice(0), ...busy]) one.end();
    },
  };
}

async function runIn(
  shell: Shell,
  words: readonly string[],
  { input, timeoutMs = 10_000, signal }: CommandOptions,
): Promise<string> {
  const fail = (why: string, { exitCode = null, stderr = '', cause }: Partial<CommandError>): never => {
    throw new CommandError(`${words.join(' ')}: ${why}`, exitCode, stderr, cause);
  };
  const timeout = AbortSignal.timeout(timeoutMs);
  const stop = signal ? AbortSignal.any([signal, timeout]) : timeout;
  const end = (): void => shell.end();
  stop.addEventListener('abort', end, { once: true });
  try {
    const outcome = await shell.execute(words, input);
    if (!outcome)
      return fail(timeout.aborted ? `took more than ${timeoutMs} ms` : 'was stopped', { cause: signal?.reason });
    const { exitCode, stdout, stderr } = outcome;
    if (exitCode === 0) return stdout;
    if (exitCode === NOT_FOUND && stderr.endsWith(': not found'))
      return fail('ENOENT, the program is not installed', {});
    return fail(stderr || `exit code ${exitCode}`, { exitCode, stderr });
  } finally {
    stop.removeEventListener('abort', end);
  }
}

/** Exit code of a POSIX shell that finds no program. */
const NOT_FOUND = 127;

interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

class Shell {
  /** Ends each output, and each input. */
  readonly #mark = randomUUID();
  readonly #pid: number | undefined;
  readonly #stdin: Writable;
  #stdout = '';
  #stderr = '';
  #isUsable = true;
  #finish: ((outcome: Outcome | null) => void) | null = null;

  constructor(execa: typeof import('execa').execa, [file, ...args]: readonly [string, ...string[]]) {
    // Detached: the shell leads a process group, which is killed with it.
    const child = execa(file, args, { detached: true, buffer: false, reject: false, stdin: 'pipe' });
    this.#pid = child.pid;
    this.#stdin = child.stdin.on('error', () => {});
    const read = (stream: Readable, add: (text: string) => void): void => {
      stream.setEncoding('utf8').on('data', (text: string) => {
        add(text);
        this.#finishIfComplete();
      });
    };
    read(child.stdout, (text) => {
      this.#stdout += text;
    });
    read(child.stderr, (text) => {
      this.#stderr += text;
    });
    void child.then(() => this.end());
  }

  isUsable(): boolean {
    return this.#isUsable;
  }

  /** One command at a time. Null: the shell ended before the command. */
  execute(words: readonly string[], input: string | undefined): Promise<Outcome | null> {
    if (!this.#isUsable) return Promise.resolve(null);
    const command = words.map(quote).join(' ');
    const fed = input === undefined ? `${command} </dev/null` : `${command} <<'${this.#mark}'\n${input}\n${this.#mark}`;
    const { promise, resolve } = Promise.withResolvers<Outcome | null>();
    this.#finish = resolve;
    this.#stdin.write(`${fed}\nprintf '\\n%d\\n${this.#mark}\\n' $? >&2; printf '\\n${this.#mark}\\n'\n`);
    return promise;
  }

  /** Kills the shell and the command that runs in it. Idempotent. */
  end(): void {
    if (!this.#isUsable) return;
    this.#isUsable = false;
    try {
      if (this.#pid !== undefined) process.kill(-this.#pid, 'SIGKILL');
    } catch {
      // The group has ended.
    }
    this.#finish?.(null);
  }

  #finishIfComplete(): void {
    const end = `\n${this.#mark}\n`;
    if (!this.#stdout.endsWith(end) || !this.#stderr.endsWith(end)) return;
    const stdout = this.#stdout.slice(0, -end.length).replace(/\n$/, '');
    // The exit code is the last line of the other output.
    const [, text = '', code] = /^(.*)\n(\d+)$/s.exec(this.#stderr.slice(0, -end.length)) ?? [];
    [this.#stdout, this.#stderr] = ['', ''];
    this.#finish?.({ exitCode: Number(code), stdout, stderr: text.trim() });
    this.#finish = null;
  }
}

const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;
