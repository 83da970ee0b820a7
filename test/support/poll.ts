import { setTimeout as sleep } from 'node:timers/promises';

export interface PollOptions {
  /** What the caller waits for; part of the error message. */
  readonly what: string;
  /** On an idle machine of common speed; default 30 s. Three times as long passes before `poll` gives up. */
  readonly timeoutMs?: number;
  readonly intervalMs?: number;
  /** Called in each round; throws if waiting is pointless, for example because the process exited. */
  readonly giveUp?: () => void;
}

/** Tests run beside others, on machines of which some have a third of the speed of others. */
const PATIENCE = 3;

/**
 * Calls `attempt` until it returns a value other than undefined, null or false. An exception counts as "not yet". The last call is
 * after the deadline, so that a process that was stalled until then does not give up without looking.
 */
export async function poll<T>(
  attempt: () => T | Promise<T>,
  options: PollOptions,
): Promise<NonNullable<Exclude<T, false>>> {
  const { what, intervalMs = 20, giveUp } = options;
  const timeoutMs = PATIENCE * (options.timeoutMs ?? 30_000);
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    giveUp?.();
    const begin = performance.now();
    const isLast = begin >= deadline;
    let last: unknown;
    try {
      const value = await attempt();
      if (value !== undefined && value !== null && value !== false) return value as NonNullable<Exclude<T, false>>;
      last = value;
    } catch (error) {
      last = error;
    }
    if (isLast) throw new Error(`waited ${timeoutMs} ms for ${what}`, { cause: last });
    // An attempt that starts programs must not take the processor from what it waits for.
    await sleep(Math.max(intervalMs, performance.now() - begin));
  }
}
