import type { Clock, Log } from '../system/index.ts';

export interface CoalesceOptions {
  /** Default 5 ms. */
  readonly quietMs?: number;
  /** Default 50 ms. */
  readonly maxWaitMs?: number;
}

/** Many pokes, few runs. */
export interface Coalescer {
  poke(): void;
  /** Runs at once what is pending, if anything, and ends. Idempotent. */
  close(): Promise<void>;
}

/**
 * Calls `run` once it has been quiet for `quietMs` after a poke, at the latest `maxWaitMs` after the first one. Runs never
 * overlap; a poke during a run leads to another. A run that fails is logged and does not end it.
 */
export function createCoalescer(
  _dependencies: { readonly clock: Clock; readonly log: Log },
  _options: CoalesceOptions,
  _run: () => void | Promise<void>,
): Coalescer {
  throw new Error('not there yet');
}
