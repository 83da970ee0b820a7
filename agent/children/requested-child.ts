import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Problem } from '../../model/index.ts';
import { type Clock, type Log, writeFileAtomic } from '../../system/index.ts';
import { type ChildSpec, fingerprintOf, launchCommand, prepareRunDir } from './child-command.ts';
import { type ChildOutput, createChildOutput, keepTrimmed } from './child-output.ts';
import { readLiving } from './child-slots.ts';
import { endProcess } from './end-process.ts';
import { isRunning, type ProcessIdentity } from './process-identity.ts';
import type { SupervisorSettings } from './supervisor.ts';

/**
 * A process that another program starts, such as `bin/drover-lb` in a container of its own: processes that the agent starts end
 * with the container of the agent. The program runs the file `NAME.start`, again and again, while there is one.
 */
export interface RequestedChild {
  /** Requests the process, and follows it until `signal` aborts; it runs on after that. */
  run(signal: AbortSignal): Promise<void>;
  /** Ends the process. While `run` runs, it is requested again. */
  stop(): Promise<void>;
  pid(): number | null;
  /** Why it does not run. */
  lastEnd(): Problem | null;
}

export interface RequestedChildSettings
  extends Pick<SupervisorSettings, 'runDir' | 'stopTimeoutMs' | 'watchIntervalMs' | 'maxOutputBytes'> {
  /** How long the other program may take to start it. */
  readonly startTimeoutMs: number;
  /** How to start the other program. */
  readonly hint: string;
}

export function createRequestedChild(
  deps: { readonly clock: Clock; readonly log: Log },
  spec: ChildSpec,
  settings: RequestedChildSettings,
): RequestedChild {
  return new FollowedChild(deps, spec, settings);
}

const NOT_STARTED = 'is not started: its container does not run';

/** The file that asks for a process. */
export const startFile = (runDir: string, name: string): string => join(runDir, `${name}.start`);

class FollowedChild implements RequestedChild {
  readonly #deps;
  readonly #spec;
  readonly #settings;
  readonly #output: ChildOutput;
  #pid: number | null = null;
  #lastEnd: Problem | null = null;
  /** The process that `stop` ended. */
  #stopped: number | null = null;

  constructor(deps: { readonly clock: Clock; readonly log: Log }, spec: ChildSpec, settings: RequestedChildSettings) {
    this.#deps = deps;
    this.#spec = spec;
    this.#settings = settings;
    const { runDir, maxOutputBytes: maxBytes } = settings;
    this.#output = createChildOutput(join(runDir, `${spec.name}.log`), { maxBytes });
  }

  pid(): number | null {
    return this.#pid;
  }

  lastEnd(): Problem | null {
    return this.#lastEnd;
  }

  async run(signal: AbortSignal): Promise<void> {
    await prepareRunDir(this.#settings.runDir);
    const trimming = keepTrimmed(this.#deps.clock, [this.#output], signal);
    while (!signal.aborted) await this.#live(signal);
    await trimming;
  }

  async stop(): Promise<void> {
    await rm(startFile(this.#settings.runDir, this.#spec.name), { force: true });
    const living = await this.#readLiving();
    this.#stopped = living[0]?.identity.pid ?? null;
    await Promise.all(living.map(({ identity }) => this.#end(identity)));
    this.#pid = null;
    this.#lastEnd = null;
  }

  /** One life of the process. */
  async #live(signal: AbortSignal): Promise<void> {
    const identity = await this.#untilStarted(signal);
    if (identity === null) return;
    this.#pid = identity.pid;
    this.#lastEnd = null;
    this.#deps.log.info({ child: this.#spec.name, pid: identity.pid }, 'child adopted');
    while ((await isRunning(identity)) && (await this.#pause(signal)));
    if (signal.aborted) return;
    this.#pid = null;
    if (this.#stopped !== identity.pid) this.#setEnded(await this.#output.tail(5));
  }

  /** Null: `signal` aborted before. */
  async #untilStarted(signal: AbortSignal): Promise<ProcessIdentity | null> {
    const { clock } = this.#deps;
    const { startTimeoutMs, hint } = this.#settings;
    const begin = clock.monotonic();
    for (let isFirst = true; !signal.aborted; isFirst = false) {
      const living = await this.#readLiving();
      const wanted = living.find(({ fingerprint }) => fingerprint === fingerprintOf(this.#spec));
      if (wanted) return wanted.identity;
      if (isFirst) await this.#output.mark();
      await this.#request();
      // Of another version or configuration.
      for (const { identity } of living) await this.#end(identity);
      const lines = await this.#output.tail(5);
      if (lines.length > 0) this.#setEnded(lines);
      else if (clock.monotonic() - begin >= startTimeoutMs) this.#set(NOT_STARTED, hint);
      await this.#pause(signal);
    }
    return null;
  }

  async #request(): Promise<void> {
    const { runDir } = this.#settings;
    const path = startFile(runDir, this.#spec.name);
    const { file, args } = launchCommand(runDir, this.#spec.name, this.#spec);
    const text = `# Written by Drover's agent.\nexec ${[file, ...args].map(quote).join(' ')}\n`;
    if ((await readFile(path, 'utf8').catch(() => null)) !== text) await writeFileAtomic(path, text, { mode: 0o600 });
  }

  #readLiving() {
    return readLiving(this.#settings.runDir, this.#spec.name);
  }

  #end(identity: ProcessIdentity): Promise<void> {
    return endProcess(this.#deps.clock, identity, this.#settings.stopTimeoutMs);
  }

  #setEnded(lines: readonly string[]): void {
    const what = lines.length === 0 ? 'exited' : `exited; its last output: ${lines.join(' | ')}`;
    const hint = `no action needed, it is started again; if it keeps exiting, see ${this.#output.path}`;
    this.#set(what, hint);
  }

  #set(what: string, hint: string): void {
    if (what === this.#lastEnd?.what) return;
    this.#lastEnd = { subject: `process ${this.#spec.name}`, what, hint };
    this.#deps.log.warn({ child: this.#spec.name, problem: this.#lastEnd }, 'child does not run');
  }

  /** False when aborted. */
  #pause(signal: AbortSignal): Promise<boolean> {
    return this.#deps.clock.sleep(this.#settings.watchIntervalMs, signal).then(
      () => true,
      () => false,
    );
  }
}

/** One word of a shell. */
function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
