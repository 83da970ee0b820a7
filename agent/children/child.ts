import type { Problem } from '../../model/index.ts';
import { backoffMs, type Clock, type Log, type RetrySchedule } from '../../system/index.ts';
import { type ChildRecord, type ChildSpec, fingerprintOf, LOCK_HELD } from './child-command.ts';
import type { ChildOutput } from './child-output.ts';
import { type LivingChild, readLiving, slotsOf } from './child-slots.ts';
import { type End, startChild } from './child-start.ts';
import { endProcess } from './end-process.ts';
import { isRunning, type ProcessIdentity, uptimeMs } from './process-identity.ts';
import { waitUntilReady } from './wait-until-ready.ts';

export interface ChildStatus {
  readonly name: string;
  /** `waiting`: it exited and is restarted after a pause. `stopped`: the agent stopped it. */
  readonly state: 'starting' | 'running' | 'waiting' | 'stopped';
  readonly pid: number | null;
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number | null;
  /** It already ran when this agent started. */
  readonly adopted: boolean;
  /** How often it exited without being stopped, since this agent started. */
  readonly restarts: number;
  /** How it exited the last time, null if it did not. */
  readonly lastEnd: Problem | null;
  readonly outputFile: string;
}

export interface ChildDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly output: ChildOutput;
  /** Resolves when this process can replace the one before it. Rejects when `signal` aborts. */
  readonly ready: (name: string, pid: number, signal: AbortSignal) => Promise<void>;
}

export interface ChildSettings {
  readonly runDir: string;
  readonly retry: RetrySchedule;
  /** A child that has run this long is steady: when it exits, the pauses begin with the shortest again. */
  readonly steadyAfterMs: number;
  /** How long it may take to exit after SIGTERM before SIGKILL. */
  readonly stopTimeoutMs: number;
  /** How often an adopted child is checked: its exit is reported to its own parent, not to this agent. */
  readonly watchIntervalMs: number;
  /** How long a new version may take to get ready before the old one is stopped anyway. */
  readonly readyTimeoutMs: number;
}

/** One process that is kept running and that outlives the agent. */
export interface Child {
  status(): ChildStatus;
  /** Whether a process of another version or with other arguments runs, until `run` has replaced it. */
  isOutdated(): Promise<boolean>;
  /** Keeps it running until `signal` aborts, and then leaves it running. Call once. */
  run(signal: AbortSignal): Promise<void>;
  /** Stops the process, if any, and waits for its exit. While `run` runs, it is started again. */
  stop(): Promise<void>;
}

export function createChild(deps: ChildDependencies, spec: ChildSpec, settings: ChildSettings): Child {
  return new KeptChild(deps, spec, settings);
}

const IDLE = { pid: null, startedAtMs: null, adopted: false } as const;

class KeptChild implements Child {
  readonly #deps;
  readonly #spec;
  readonly #settings;
  #status: ChildStatus;
  #failures = 0;
  /** The process that `stop` stopped. */
  #stopped: number | null = null;

  constructor(deps: ChildDependencies, spec: ChildSpec, settings: ChildSettings) {
    this.#deps = deps;
    this.#spec = spec;
    this.#settings = settings;
    const { path: outputFile } = deps.output;
    this.#status = { name: spec.name, state: 'starting', ...IDLE, restarts: 0, lastEnd: null, outputFile };
  }

  status(): ChildStatus {
    return this.#status;
  }

  async isOutdated(): Promise<boolean> {
    return (await this.#readLiving()).some((one) => !this.#isWanted(one));
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) await pause(this.#deps.clock, await this.#live(signal), signal);
  }

  async stop(): Promise<void> {
    const living = await this.#readLiving();
    const [first] = living;
    if (first === undefined) return;
    this.#stopped = first.identity.pid;
    await Promise.all(living.map(({ identity }) => this.#end(identity)));
    if (this.#status.pid === this.#stopped) this.#set({ state: 'stopped', ...IDLE });
  }

  /** One life of the process; gives the pause before the next one. */
  async #live(signal: AbortSignal): Promise<number> {
    const { clock } = this.#deps;
    const { steadyAfterMs, retry } = this.#settings;
    const begin = clock.monotonic();
    const ended = await this.#attempt(signal).catch((error: Error): End => ({ how: error.message, code: null }));
    if (ended === null || signal.aborted) return 0;
    if (this.#stopped !== null) {
      this.#stopped = null;
      this.#set({ state: 'stopped', ...IDLE });
      return 0;
    }
    this.#failures = clock.monotonic() - begin >= steadyAfterMs ? 1 : this.#failures + 1;
    // If the lock is held, another agent has started it meanwhile, and the next round adopts it.
    if (ended.code !== LOCK_HELD) await this.#setEnded(ended);
    return backoffMs(retry, this.#failures, Math.random());
  }

  /** Adopts, replaces or starts the process, and waits for its exit; null when `signal` aborted first. */
  async #attempt(signal: AbortSignal): Promise<End | null> {
    const living = await this.#readLiving();
    const wanted = living.find((one) => this.#isWanted(one));
    if (wanted) return this.#adopt(wanted, living.find((one) => one !== wanted) ?? null, signal);
    const [old = null, unfinished = null] = living.toSorted((a, b) => a.identity.startTicks - b.identity.startTicks);
    const [first, second] = slotsOf(this.#spec.name);
    if (old === null) return this.#start(first, null, signal);
    this.#deps.log.info(
      { child: this.#spec.name, pid: old.identity.pid },
      'replacing a child of another version or configuration',
    );
    // A replacement that was interrupted: the younger process has the slot that is needed now.
    if (unfinished !== null) await this.#end(unfinished.identity);
    await this.#setRunning(old.identity, true);
    return this.#start(old.slot === first ? second : first, old, signal);
  }

  /** `other`: another agent stopped in the middle of a replacement, which is completed first. */
  async #adopt({ identity }: LivingChild, other: LivingChild | null, signal: AbortSignal): Promise<End | null> {
    const { clock } = this.#deps;
    const { watchIntervalMs } = this.#settings;
    const isPausedWhileRunning = async (): Promise<boolean> =>
      (await isRunning(identity)) && pause(clock, watchIntervalMs, signal);
    const untilGone = async (): Promise<void> => {
      while (await isPausedWhileRunning());
    };
    if (other && (await this.#isReady(identity, untilGone(), signal))) await this.#end(other.identity);
    await this.#setRunning(identity, true);
    await untilGone();
    if (signal.aborted) return null;
    return { how: 'exited (an earlier agent started it, so the exit code is not known)', code: null };
  }

  async #start(slot: string, old: LivingChild | null, signal: AbortSignal): Promise<End | null> {
    const { runDir } = this.#settings;
    const started = await startChild(this.#deps, this.#spec, { runDir, slot, handOver: old !== null, signal });
    const record = await Promise.race([started.recorded, started.end.then(() => null)]);
    if (record === null) return started.end;
    if (old !== null && (await this.#isReady(record.identity, started.end, signal))) await this.#end(old.identity);
    if (!signal.aborted) await this.#setRunning(record.identity, false);
    return started.end;
  }

  #isReady({ pid }: ProcessIdentity, end: Promise<unknown>, signal: AbortSignal): Promise<boolean> {
    const { name, handOverArgs } = this.#spec;
    const { readyTimeoutMs } = this.#settings;
    return waitUntilReady(this.#deps, {
      name,
      pid,
      end,
      readyTimeoutMs,
      sharesPort: handOverArgs !== undefined,
      signal,
    });
  }

  #readLiving(): Promise<readonly LivingChild[]> {
    return readLiving(this.#settings.runDir, this.#spec.name);
  }

  #isWanted({ fingerprint }: ChildRecord): boolean {
    return fingerprint === fingerprintOf(this.#spec);
  }

  #end(identity: ProcessIdentity): Promise<void> {
    return endProcess(this.#deps.clock, identity, this.#settings.stopTimeoutMs);
  }

  async #setRunning(identity: ProcessIdentity, adopted: boolean): Promise<void> {
    const { clock, log } = this.#deps;
    const startedAtMs = clock.now() - (await uptimeMs(identity));
    this.#set({ state: 'running', pid: identity.pid, startedAtMs, adopted });
    log.info({ child: this.#spec.name, pid: identity.pid }, adopted ? 'child adopted' : 'child started');
  }

  async #setEnded({ how }: End): Promise<void> {
    const { output, log } = this.#deps;
    const lines = await output.tail(5);
    const what = lines.length === 0 ? how : `${how}; its last output: ${lines.join(' | ')}`;
    const hint = `no action needed, Drover restarts it; if it keeps exiting, see ${output.path}`;
    const lastEnd = { subject: `process ${this.#spec.name}`, what, hint };
    this.#set({ state: 'waiting', ...IDLE, restarts: this.#status.restarts + 1, lastEnd });
    log.warn({ child: this.#spec.name, problem: lastEnd }, 'child exited');
  }

  #set(changed: Partial<ChildStatus>): void {
    this.#status = { ...this.#status, ...changed };
  }
}

/** False when aborted. */
function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
  return clock.sleep(ms, signal).then(
    () => true,
    () => false,
  );
}
