import { join } from 'node:path';
import type { Clock, Log } from '../../system/index.ts';
import { type Child, type ChildDependencies, type ChildSettings, type ChildStatus, createChild } from './child.ts';
import type { ChildSpec } from './child-command.ts';
import { type ChildOutput, createChildOutput, keepTrimmed } from './child-output.ts';

export interface SupervisorSettings extends ChildSettings {
  /** Largest size of a child's log file; one older file of that size is kept beside it. */
  readonly maxOutputBytes: number;
}

export interface SupervisorDependencies {
  readonly clock: Clock;
  readonly log: Log;
  /** Resolves when this process can replace the one before it. Default: at once. */
  readonly ready?: ChildDependencies['ready'];
}

/** Supervises processes that keep running when the agent stops. */
export interface Supervisor {
  status(): readonly ChildStatus[];
  /**
   * Adopts running children, starts the others, and replaces those of another version one after the other. Works until
   * `signal` aborts, and then leaves all of them running. Call once.
   */
  run(signal: AbortSignal): Promise<void>;
  /** Stops one child; while `run` runs, it is started again. */
  restart(name: string): Promise<void>;
  /** Stops all children, also those of an earlier agent, and waits for their exit. Abort `run` before. */
  stop(): Promise<void>;
}

export const defaultSupervisorSettings: Omit<SupervisorSettings, 'runDir'> = {
  retry: { minMs: 100, maxMs: 10_000 },
  steadyAfterMs: 10_000,
  // DNS takes up to 4 s to answer the queries it has received when another process replaces it.
  stopTimeoutMs: 8_000,
  watchIntervalMs: 100,
  maxOutputBytes: 1 << 20,
  readyTimeoutMs: 10_000,
};

export function createSupervisor(
  { clock, log, ready = async () => {} }: SupervisorDependencies,
  specs: readonly ChildSpec[],
  settings: SupervisorSettings,
): Supervisor {
  const outputs: readonly ChildOutput[] = specs.map(({ name }) =>
    createChildOutput(join(settings.runDir, `${name}.log`), { maxBytes: settings.maxOutputBytes }),
  );
  const children: readonly Child[] = specs.map((spec, index) =>
    createChild({ clock, log, ready, output: outputs[index] as ChildOutput }, spec, settings),
  );

  const untilCurrent = async (child: Child, signal: AbortSignal): Promise<void> => {
    const deadline = clock.monotonic() + settings.readyTimeoutMs;
    while (!signal.aborted && clock.monotonic() < deadline && (await child.isOutdated())) await clock.sleep(20, signal);
  };

  return {
    status: () => children.map((child) => child.status()),
    run: async (signal) => {
      const outdated = await Promise.all(children.map((child) => child.isOutdated()));
      const lives = [
        keepTrimmed(clock, outputs, signal),
        ...children.filter((_, index) => !outdated[index]).map((child) => child.run(signal)),
      ];
      for (const child of children.filter((_, index) => outdated[index])) {
        if (signal.aborted) break;
        lives.push(child.run(signal));
        await untilCurrent(child, signal).catch(() => {});
      }
      await Promise.all(lives);
    },
    restart: async (name) => {
      await children.find((child) => child.status().name === name)?.stop();
    },
    stop: async () => {
      await Promise.all(children.map((child) => child.stop()));
    },
  };
}
