import type { Clock, Log } from '../../system/index.ts';

export interface ReadinessDependencies {
  readonly clock: Clock;
  readonly log: Log;
  /** Resolves when the process can replace the one before it. Rejects when `signal` aborts. */
  readonly ready: (name: string, pid: number, signal: AbortSignal) => Promise<void>;
}

export interface Replacement {
  readonly name: string;
  readonly pid: number;
  /** Resolves when the new process exits. */
  readonly end: Promise<unknown>;
  readonly readyTimeoutMs: number;
  /** Whether it listens beside the old process. */
  readonly sharesPort: boolean;
  readonly signal: AbortSignal;
}

/**
 * Waits until the new process can replace the old one; false if it exited instead. A process that shares the port with
 * the old one may take any time: to stop the old one earlier would only lose queries that it still answers.
 */
export async function waitUntilReady(
  { clock, log, ready }: ReadinessDependencies,
  { name, pid, end, readyTimeoutMs, sharesPort, signal }: Replacement,
): Promise<boolean> {
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  const timeout = clock.sleep(readyTimeoutMs, until).then(
    () => {
      log.warn({ child: name, pid }, 'the new process of a child is not ready in time');
      if (!sharesPort) over.abort();
    },
    () => {},
  );
  const isReady = ready(name, pid, until).catch(() => {});
  const outcome = await Promise.race([isReady.then(() => !signal.aborted), end.then(() => false)]);
  over.abort();
  await timeout;
  return outcome;
}
