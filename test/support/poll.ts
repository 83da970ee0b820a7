import { setTimeout as sleep } from 'node:timers/promises';

export interface PollOptions {
  /** What the caller waits for; part of the error message. */
  readonly what: string;
  readonly timeoutMs?: number;
  readonly intervalMs?: number;
  /** Called in each round; throws if waiting is pointless, for example because the process exited. */
  readonly giveUp?: () => void;
}

/** Calls `attempt` until it returns a value other than undefined, null or false. An exception counts as "not yet". */
export async function poll<T>(
  attempt: () => T | Promise<T>,
  options: PollOptions,
): Promise<NonNullable<Exclude<T, false>>> {
  const { what, timeoutMs = 10_000, intervalMs = 20, giveUp } = options;
  const deadline = performance.now() + timeoutMs;
  let last: unknown;
  do {
    giveUp?.();
    try {
      const value = await attempt();
      if (value !== undefined && value !== null && value !== false) return value as NonNullable<Exclude<T, false>>;
      last = value;
    } catch (error) {
      last = error;
    }
    await sleep(intervalMs);
  } while (performance.now() < deadline);
  throw new Error(`waited ${timeoutMs} ms for ${what}`, { cause: last });
}
