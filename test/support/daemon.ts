import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface DaemonOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Time between SIGTERM and SIGKILL, default 10 s. */
  readonly stopTimeoutMs?: number;
  /** Gets all of the standard output, piece by piece, for programs that print more than is kept. */
  readonly onStdout?: (text: string) => void;
}

/** A program that a test started; it receives a signal when the test's process dies. */
export interface Daemon {
  readonly pid: number;
  /** Standard output and error so far (the last 200 kB). */
  output(): string;
  /** Standard output alone so far (the last 200 kB). */
  stdout(): string;
  exited(): boolean;
  /** Throws, with the output, if it has exited: for `poll`'s `giveUp`. */
  assertRunning(): void;
  signal(name: NodeJS.Signals): void;
  /** Resolves with the exit code (null after a signal). */
  readonly exit: Promise<number | null>;
  /** SIGTERM, then SIGKILL. Idempotent. */
  stop(): Promise<void>;
}

const KEEP = 200_000;

export function startDaemon(file: string, args: readonly string[], options: DaemonOptions = {}): Daemon {
  // setpriv --pdeathsig: no program is left behind if the test process is killed.
  const child: ChildProcess = spawn('setpriv', ['--pdeathsig', 'TERM', file, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
  });
  let all = '';
  let out = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    options.onStdout?.(text);
    out = (out + text).slice(-KEEP);
    all = (all + text).slice(-KEEP);
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    all = (all + text).slice(-KEEP);
  });
  let running = true;
  const exit = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      running = false;
      resolve(code);
    });
  });
  exit.catch(() => {
    running = false;
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`cannot start ${file}`);
  const stop = async (): Promise<void> => {
    if (!running) return;
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), options.stopTimeoutMs ?? 10_000);
    if (running) await once(child, 'exit');
    clearTimeout(timer);
  };
  return {
    pid,
    output: () => all,
    stdout: () => out,
    exited: () => !running,
    assertRunning: () => {
      if (!running) throw new Error(`${file} exited:\n${all}`);
    },
    signal: (name) => void child.kill(name),
    exit,
    stop,
  };
}
