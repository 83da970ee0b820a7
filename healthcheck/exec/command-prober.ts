import { hash32, type Problem } from '../../model/index.ts';
import { type Clock, createTimerWheel, type Log } from '../../system/index.ts';
import type { Prober, TakeResult } from '../opinion/prober.ts';
import type { Target } from '../opinion/target.ts';
import type { CommandResult, CommandRunner } from './run-command.ts';

export interface CommandProberDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly commands: CommandRunner;
  readonly take: TakeResult;
}

/** How many commands run at once. */
const MAX_RUNNING = 16;

/** Checks containers of this host with commands. A container never has more than one command that runs. */
export class CommandProber implements Prober {
  readonly #deps;
  readonly #timers;
  /** By container. */
  #targets: ReadonlyMap<string, Target> = new Map();
  /** Of the next checks. */
  readonly #next = new Map<string, () => void>();
  /** Containers whose check is due, in order. */
  readonly #due = new Set<string>();
  readonly #running = new Map<string, Promise<void>>();
  /** Commands that could not be ended, by container. */
  readonly #left = new Map<string, string>();
  #signal: AbortSignal | null = null;
  #problem: Problem | null = null;

  constructor(deps: CommandProberDependencies) {
    this.#deps = deps;
    this.#timers = createTimerWheel(deps.clock);
  }

  setTargets(targets: readonly Target[]): ReadonlyMap<string, Target> {
    const before = this.#targets;
    this.#targets = new Map(
      targets.map((target) => {
        const known = before.get(target.containerId);
        return [target.containerId, known && isSame(known, target) ? known : target];
      }),
    );
    for (const id of before.keys()) if (this.#targets.get(id) !== before.get(id)) this.#forget(id);
    for (const [id, target] of this.#targets) if (before.get(id) !== target) this.#due.add(id);
    this.#begin();
    return this.#targets;
  }

  problems(): readonly Problem[] {
    return this.#targets.size > 0 && this.#problem ? [this.#problem] : [];
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    this.#begin();
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    this.#timers.close();
    await Promise.all(this.#running.values());
  }

  #forget(id: string): void {
    this.#next.get(id)?.();
    this.#next.delete(id);
    this.#due.delete(id);
    if (!this.#targets.has(id)) this.#left.delete(id);
  }

  /** Begins checks that are due. One whose container still has a command waits for the end of that. */
  #begin(): void {
    const signal = this.#signal;
    if (signal === null || signal.aborted) return;
    for (const id of this.#due) {
      if (this.#running.size >= MAX_RUNNING) return;
      const target = this.#targets.get(id);
      if (target === undefined || this.#running.has(id)) continue;
      this.#due.delete(id);
      this.#running.set(
        id,
        this.#check(target, signal).finally(() => {
          this.#running.delete(id);
          this.#begin();
        }),
      );
    }
  }

  async #check(target: Target, signal: AbortSignal): Promise<void> {
    const { containerId: id, check } = target;
    const startedMs = this.#deps.clock.monotonic();
    const result = await this.#result(target, signal);
    if (signal.aborted || this.#targets.get(id) !== target) return;
    this.#tell(id, result);
    const spentMs = this.#deps.clock.monotonic() - startedMs;
    const pauseMs = Math.max(0, this.#intervalMs(id, check.intervalMs) - spentMs);
    this.#next.set(
      id,
      this.#timers.add(pauseMs, () => {
        this.#due.add(id);
        this.#begin();
      }),
    );
  }

  async #result({ containerId, check }: Target, signal: AbortSignal): Promise<CommandResult> {
    const { commands } = this.#deps;
    const leftId = this.#left.get(containerId);
    if (leftId !== undefined && !(await commands.end(containerId, leftId))) {
      return { kind: 'ended', why: 'the command of an earlier check has not ended', leftId };
    }
    const command = { containerId, words: check.exec ?? [], timeoutMs: check.responseTimeoutMs };
    const result = await commands.run(command, signal);
    if (result.leftId === null) this.#left.delete(containerId);
    else this.#left.set(containerId, result.leftId);
    return result;
  }

  #tell(id: string, result: CommandResult): void {
    if (result.kind === 'none') {
      if (result.isDocker) this.#fail(result.why);
      return;
    }
    this.#problem = null;
    const passed = result.kind === 'exit' && result.code === 0;
    this.#deps.take(id, { kind: 'result', passed, up: null, text: textOf(result) });
  }

  #fail(why: string): void {
    const hint = 'read the log of dockerd; Drover retries automatically';
    const problem = { subject: 'health checks with a command', what: `Docker does not run them: ${why}`, hint };
    if (this.#problem === null) this.#deps.log.warn({ problem }, 'the commands of health checks do not run');
    this.#problem = problem;
  }

  /** After its first check, a container gets a place of its own in the interval. */
  #intervalMs(id: string, intervalMs: number): number {
    const isFirst = !this.#next.has(id);
    return isFirst ? intervalMs * (0.5 + (hash32(id) % 1_000) / 1_000) : intervalMs;
  }
}

/** `exit code 1: connection refused`, `no exit within 2000 ms`. */
function textOf(result: Exclude<CommandResult, { readonly kind: 'none' }>): string {
  if (result.kind === 'ended') return result.why;
  return `exit code ${result.code}${result.line === '' ? '' : `: ${result.line}`}`;
}

function isSame(before: Target, after: Target): boolean {
  return before === after || JSON.stringify(before) === JSON.stringify(after);
}
