import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Problem } from '../model/index.ts';
import { backoffMs, type RetrySchedule } from '../reconcile/index.ts';
import type { Clock, Log } from '../system/index.ts';
import { type ChildSpec, fingerprintOf, LOCK_HELD, launchCommand, prepareRunDir, readRecord } from './child-command.ts';
import type { ChildOutput } from './child-output.ts';
import { endProcess } from './end-process.ts';
import { isRunning, type ProcessIdentity, uptimeMs } from './process-identity.ts';

export interface ChildStatus {
  readonly name: string;
  /** `waiting`: it ended and is started again after a pause. `stopped`: it was told to end. */
  readonly state: 'starting' | 'running' | 'waiting' | 'stopped';
  readonly pid: number | null;
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number | null;
  /** It was running already when this agent started. */
  readonly adopted: boolean;
  /** Times it ended without being told to, as far as this agent has seen. */
  readonly restarts: number;
  /** How it ended the last time, null if it did not. */
  readonly lastEnd: Problem | null;
  readonly outputFile: string;
}

export interface ChildSettings {
  readonly runDir: string;
  readonly retry: RetrySchedule;
  /** A child that has run this long is steady: when it ends, the pauses begin with the shortest again. */
  readonly steadyAfterMs: number;
  /** How long it may take to end after SIGTERM before SIGKILL. */
  readonly stopTimeoutMs: number;
  /** How often an adopted child is looked at: its end is told to nobody. */
  readonly watchIntervalMs: number;
}

/** One process that is kept running and that outlives us. */
export interface Child {
  status(): ChildStatus;
  /** Whether it runs, but another version or with other arguments: `run` replaces it. */
  isOutdated(): Promise<boolean>;
  /** Keeps it running until `signal` aborts, and leaves it running then. Call once. */
  run(signal: AbortSignal): Promise<void>;
  /** Ends the process, if any, and waits for its end. While `run` runs, it is started again. */
  stop(): Promise<void>;
}

interface End {
  readonly how: string;
  readonly code: number | null;
}

export function createChild(
  { clock, log, output }: { readonly clock: Clock; readonly log: Log; readonly output: ChildOutput },
  spec: ChildSpec,
  { runDir, retry, steadyAfterMs, stopTimeoutMs, watchIntervalMs }: ChildSettings,
): Child {
  const { name } = spec;
  const idle = { pid: null, startedAtMs: null, adopted: false };
  let status: ChildStatus = { name, state: 'starting', ...idle, restarts: 0, lastEnd: null, outputFile: output.path };
  let failures = 0;
  /** The process we told to end. */
  let told: number | null = null;

  const sayRunning = async (identity: ProcessIdentity, adopted: boolean): Promise<void> => {
    const startedAtMs = clock.now() - (await uptimeMs(identity));
    status = { ...status, state: 'running', pid: identity.pid, startedAtMs, adopted };
    log.info({ child: name, pid: identity.pid }, adopted ? 'child adopted' : 'child started');
  };

  const watchAdopted = async (identity: ProcessIdentity, signal: AbortSignal): Promise<End | null> => {
    await sayRunning(identity, true);
    while (await isRunning(identity)) if (!(await pause(clock, watchIntervalMs, signal))) return null;
    return { how: 'it ended (an earlier agent started it, so the exit code is not known)', code: null };
  };

  const sayRecorded = async (child: ChildProcess): Promise<void> => {
    while (child.exitCode === null && child.signalCode === null) {
      const record = await readRecord(runDir, name);
      if (record?.identity.pid === child.pid && record !== null) return sayRunning(record.identity, false);
      await clock.sleep(5);
    }
  };

  const startAndWatch = async (signal: AbortSignal): Promise<End | null> => {
    await prepareRunDir(runDir);
    const { file, args } = launchCommand(runDir, spec);
    const { fd, close } = await output.open();
    const child = spawn(file, args, { detached: true, stdio: ['ignore', fd, fd], cwd: '/' });
    close();
    // Neither its end nor its life may keep us alive.
    child.unref();
    const end = endOf(child, signal);
    await Promise.race([sayRecorded(child), end]);
    return end;
  };

  const attempt = async (signal: AbortSignal): Promise<End | null> => {
    const record = await readRecord(runDir, name);
    if (record === null || !(await isRunning(record.identity))) return startAndWatch(signal);
    if (record.fingerprint === fingerprintOf(spec)) return watchAdopted(record.identity, signal);
    log.info({ child: name, pid: record.identity.pid }, 'child of another version is replaced');
    // Stop, then start. A hand-over without a gap would start the new one here, beside the old one, with reusePort.
    await endProcess(clock, record.identity, stopTimeoutMs);
    return startAndWatch(signal);
  };

  const sayEnded = async ({ how }: End): Promise<void> => {
    const lines = await output.tail(5);
    const what = lines.length === 0 ? how : `${how}; it printed last: ${lines.join(' | ')}`;
    const lastEnd = { subject: `process ${name}`, what, mend: `it is started again by itself; see ${output.path}` };
    status = { ...status, state: 'waiting', ...idle, restarts: status.restarts + 1, lastEnd };
    log.warn({ child: name, problem: lastEnd }, 'child ended');
  };

  /** One life of the process; gives the pause before the next one. */
  const live = async (signal: AbortSignal): Promise<number> => {
    const begin = clock.monotonic();
    const end = await attempt(signal).catch((error: Error): End => ({ how: error.message, code: null }));
    if (end === null || signal.aborted) return 0;
    if (told !== null) {
      told = null;
      status = { ...status, state: 'stopped', ...idle };
      return 0;
    }
    failures = clock.monotonic() - begin >= steadyAfterMs ? 1 : failures + 1;
    // Held lock: somebody else has started it meanwhile, and it is adopted in the next round.
    if (end.code !== LOCK_HELD) await sayEnded(end);
    return backoffMs(retry, failures, Math.random());
  };

  return {
    status: () => status,
    isOutdated: async () => {
      const record = await readRecord(runDir, name);
      return record !== null && record.fingerprint !== fingerprintOf(spec) && (await isRunning(record.identity));
    },
    run: async (signal) => {
      while (!signal.aborted) await pause(clock, await live(signal), signal);
    },
    stop: async () => {
      const record = await readRecord(runDir, name);
      if (record === null || !(await isRunning(record.identity))) return;
      told = record.identity.pid;
      await endProcess(clock, record.identity, stopTimeoutMs);
      if (status.pid === told) status = { ...status, state: 'stopped', ...idle };
    },
  };
}

/** How a process we started ended; null when `signal` aborts first. */
function endOf(child: ChildProcess, signal: AbortSignal): Promise<End | null> {
  return once(child, 'exit', { signal }).then(
    ([code, by]: (number | string | null)[]) =>
      by === null
        ? { how: `it ended with exit code ${code}`, code: code as number }
        : { how: `it was ended by ${by}`, code: null },
    (error: Error) => (signal.aborted ? null : { how: `it cannot be started: ${error.message}`, code: null }),
  );
}

/** False when aborted. */
function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
  return clock.sleep(ms, signal).then(
    () => true,
    () => false,
  );
}
