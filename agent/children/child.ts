import type { Problem } from '../../model/index.ts';
import { backoffMs, type Clock, type Log, type RetrySchedule } from '../../system/index.ts';
import { type ChildRecord, type ChildSpec, fingerprintOf, LOCK_HELD } from './child-command.ts';
import type { ChildOutput } from './child-output.ts';
import { type LivingChild, readLiving, slotsOf } from './child-slots.ts';
import { type End, startChild } from './child-start.ts';
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

export interface ChildDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly output: ChildOutput;
  /** Resolves when this process of the child can take the place of the one before it. Rejects when `signal` aborts. */
  readonly ready: (name: string, pid: number, signal: AbortSignal) => Promise<void>;
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
  /** How long a new version may take to get ready before the old one is ended all the same. */
  readonly readyTimeoutMs: number;
}

/** One process that is kept running and that outlives us. */
export interface Child {
  status(): ChildStatus;
  /** Whether another version of it runs, or one with other arguments, until `run` has replaced it. */
  isOutdated(): Promise<boolean>;
  /** Keeps it running until `signal` aborts, and leaves it running then. Call once. */
  run(signal: AbortSignal): Promise<void>;
  /** Ends the process, if any, and waits for its end. While `run` runs, it is started again. */
  stop(): Promise<void>;
}

export function createChild(deps: ChildDependencies, spec: ChildSpec, settings: ChildSettings): Child {
  const { clock, log, output, ready } = deps;
  const { runDir, retry, steadyAfterMs, stopTimeoutMs, watchIntervalMs, readyTimeoutMs } = settings;
  const { name } = spec;
  const idle = { pid: null, startedAtMs: null, adopted: false };
  let status: ChildStatus = { name, state: 'starting', ...idle, restarts: 0, lastEnd: null, outputFile: output.path };
  let failures = 0;
  /** The process we told to end. */
  let told: number | null = null;

  const isWanted = ({ fingerprint }: ChildRecord): boolean => fingerprint === fingerprintOf(spec);
  const end = (identity: ProcessIdentity): Promise<void> => endProcess(clock, identity, stopTimeoutMs);

  const sayRunning = async (identity: ProcessIdentity, adopted: boolean): Promise<void> => {
    const startedAtMs = clock.now() - (await uptimeMs(identity));
    status = { ...status, state: 'running', pid: identity.pid, startedAtMs, adopted };
    log.info({ child: name, pid: identity.pid }, adopted ? 'child adopted' : 'child started');
  };

  const watchAdopted = async ({ identity }: LivingChild, signal: AbortSignal): Promise<End | null> => {
    await sayRunning(identity, true);
    while (await isRunning(identity)) if (!(await pause(clock, watchIntervalMs, signal))) return null;
    return { how: 'it ended (an earlier agent started it, so the exit code is not known)', code: null };
  };

  const startAndWatch = async (slot: string, old: LivingChild | null, signal: AbortSignal): Promise<End | null> => {
    const started = await startChild({ clock, output }, spec, { runDir, slot, handOver: old !== null, signal });
    const record = await Promise.race([started.recorded, started.end.then(() => null)]);
    if (record !== null && old !== null && (await getsReady(record, started.end, signal))) await end(old.identity);
    if (record !== null && !signal.aborted) await sayRunning(record.identity, false);
    return started.end;
  };

  /**
   * Waits until the new process is ready beside the old one; false when it ended instead. One that shares its port with the
   * old one may take as long as it needs: to end the old one before would only lose what that still answers.
   */
  const getsReady = async (
    { identity }: ChildRecord,
    newEnd: Promise<unknown>,
    signal: AbortSignal,
  ): Promise<boolean> => {
    const over = new AbortController();
    const until = AbortSignal.any([signal, over.signal]);
    const late = clock.sleep(readyTimeoutMs, until).then(
      () => {
        log.warn({ child: name, pid: identity.pid }, 'new version is not ready in time');
        if (!spec.handOverArgs) over.abort();
      },
      () => {},
    );
    const isReady = ready(name, identity.pid, until).catch(() => {});
    const outcome = await Promise.race([isReady.then(() => !signal.aborted), newEnd.then(() => false)]);
    over.abort();
    await late;
    return outcome;
  };

  const untilGone = async (identity: ProcessIdentity, signal: AbortSignal): Promise<void> => {
    while ((await isRunning(identity)) && (await pause(clock, watchIntervalMs, signal)));
  };

  const attempt = async (signal: AbortSignal): Promise<End | null> => {
    const living = await readLiving(runDir, name);
    const wanted = living.find(isWanted);
    if (wanted) {
      // Another agent ended in the middle of a replacement.
      const [other] = living.filter((child) => child !== wanted);
      if (other && (await getsReady(wanted, untilGone(wanted.identity, signal), signal))) await end(other.identity);
      return watchAdopted(wanted, signal);
    }
    const [old = null] = living;
    const slots = slotsOf(name);
    if (old === null) return startAndWatch(slots[0], null, signal);
    log.info({ child: name, pid: old.identity.pid }, 'child of another version is replaced');
    await sayRunning(old.identity, true);
    return startAndWatch(old.slot === slots[0] ? slots[1] : slots[0], old, signal);
  };

  const sayEnded = async ({ how }: End): Promise<void> => {
    const lines = await output.tail(5);
    const what = lines.length === 0 ? how : `${how}; it printed last: ${lines.join(' | ')}`;
    const lastEnd = { subject: `process ${name}`, what, hint: `it is started again by itself; see ${output.path}` };
    status = { ...status, state: 'waiting', ...idle, restarts: status.restarts + 1, lastEnd };
    log.warn({ child: name, problem: lastEnd }, 'child ended');
  };

  /** One life of the process; gives the pause before the next one. */
  const live = async (signal: AbortSignal): Promise<number> => {
    const begin = clock.monotonic();
    const ended = await attempt(signal).catch((error: Error): End => ({ how: error.message, code: null }));
    if (ended === null || signal.aborted) return 0;
    if (told !== null) {
      told = null;
      status = { ...status, state: 'stopped', ...idle };
      return 0;
    }
    failures = clock.monotonic() - begin >= steadyAfterMs ? 1 : failures + 1;
    // Held lock: somebody else has started it meanwhile, and it is adopted in the next round.
    if (ended.code !== LOCK_HELD) await sayEnded(ended);
    return backoffMs(retry, failures, Math.random());
  };

  return {
    status: () => status,
    isOutdated: async () => {
      const living = await readLiving(runDir, name);
      return living.some((one) => !isWanted(one));
    },
    run: async (signal) => {
      while (!signal.aborted) await pause(clock, await live(signal), signal);
    },
    stop: async () => {
      const living = await readLiving(runDir, name);
      const [first] = living;
      if (first === undefined) return;
      told = first.identity.pid;
      await Promise.all(living.map(({ identity }) => end(identity)));
      if (status.pid === told) status = { ...status, state: 'stopped', ...idle };
    },
  };
}

/** False when aborted. */
function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
  return clock.sleep(ms, signal).then(
    () => true,
    () => false,
  );
}
