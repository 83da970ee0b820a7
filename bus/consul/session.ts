import type { Clock } from '../../system/index.ts';
import type { ConsulApi } from './api.ts';
import { backoffMs } from './pace.ts';

/** A session of Consul that is being kept. */
export interface Session {
  readonly id: string;
  /** Aborted when Consul says that it is gone. */
  readonly gone: AbortSignal;
  /** Aborted when it is gone or may be: no renewal for as long as it lives. */
  readonly uncertain: AbortSignal;
  /** Stops renewing; with `destroy` Consul is told. Idempotent, never throws. */
  end(how: 'destroy' | 'leave'): Promise<void>;
}

export interface SessionOptions {
  readonly id: string;
  readonly ttlSeconds: number;
  /** Ends the renewing. */
  readonly signal: AbortSignal;
}

/** Renews at a third of the time to live. */
export function keepSession(
  { api, clock }: { readonly api: ConsulApi; readonly clock: Clock },
  { id, ttlSeconds, signal }: SessionOptions,
): Session {
  const gone = new AbortController();
  const uncertain = new AbortController();
  const ended = new AbortController();
  const stop = AbortSignal.any([signal, ended.signal, gone.signal]);
  let certainUntil = clock.monotonic() + ttlSeconds * 1000;

  const renew = async (): Promise<void> => {
    let failures = 0;
    while (!stop.aborted) {
      const waitMs = failures === 0 ? (ttlSeconds * 1000) / 3 : Math.min(1_000, backoffMs(failures, Math.random()));
      await clock.sleep(waitMs, stop);
      const asked = clock.monotonic();
      try {
        if (!(await api.renewSession(id))) {
          gone.abort(new Error(`Consul does not know session ${id} any more`));
          uncertain.abort(gone.signal.reason);
          return;
        }
        certainUntil = asked + ttlSeconds * 1000;
        failures = 0;
      } catch {
        failures += 1;
      }
    }
  };
  const watchCertainty = async (): Promise<void> => {
    for (let left = certainUntil - clock.monotonic(); left > 0; left = certainUntil - clock.monotonic())
      await clock.sleep(left, stop);
    uncertain.abort(new Error(`session ${id} was not renewed for ${ttlSeconds} s`));
  };
  // Both end by rejection when stopped: that is no failure.
  const running = Promise.allSettled([renew(), watchCertainty()]);

  return {
    id,
    gone: gone.signal,
    uncertain: uncertain.signal,
    end: async (how) => {
      if (ended.signal.aborted) return;
      ended.abort(new Error('the session was ended'));
      await running;
      if (how === 'destroy' && !gone.signal.aborted) await api.destroySession(id).catch(() => {});
    },
  };
}
