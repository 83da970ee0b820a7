import { backoffMs, type Clock, type RetrySchedule } from '../../../system/index.ts';
import type { ConsulApi } from '../wire/api.ts';

/** A Consul session that is renewed until it ends. */
export interface Session {
  readonly id: string;
  /** Aborts when Consul reports that the session does not exist any more. */
  readonly gone: AbortSignal;
  /** Aborts when the session is gone, or may be gone because no renewal succeeded during its time to live. */
  readonly uncertain: AbortSignal;
  /** Stops renewing; `destroy` ends the session in Consul as well. Idempotent, never rejects. */
  end(how: 'destroy' | 'leave'): Promise<void>;
}

export interface SessionOptions {
  readonly id: string;
  readonly ttlSeconds: number;
  /** Stops renewing. */
  readonly signal: AbortSignal;
}

const RETRY: RetrySchedule = { minMs: 200, maxMs: 1_000 };

/** Renews the session after each third of its time to live. */
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
      const waitMs = failures === 0 ? (ttlSeconds * 1000) / 3 : backoffMs(RETRY, failures, Math.random());
      await clock.sleep(waitMs, stop);
      const requestedAt = clock.monotonic();
      try {
        if (!(await api.renewSession(id))) {
          gone.abort(new Error(`Consul has ended session ${id}`));
          uncertain.abort(gone.signal.reason);
          return;
        }
        certainUntil = requestedAt + ttlSeconds * 1000;
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
  // Both reject when stopped, which is not a failure.
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
