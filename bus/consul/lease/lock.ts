import { backoffMs, type Clock, type Log, type RetrySchedule } from '../../../system/index.ts';
import type { LeaderLock } from '../../contract/bus.ts';
import type { ConsulApi } from '../wire/api.ts';
import { keepSession, type Session } from './session.ts';

export interface LockDependencies {
  readonly api: ConsulApi;
  readonly clock: Clock;
  readonly log: Log;
}

export interface LockOptions {
  readonly name: string;
  /** The lock's key in Consul. */
  readonly key: string;
  readonly ttlSeconds: number;
  /** Aborts the waiting. */
  readonly signal: AbortSignal;
  /** Aborts when the bus is closed, which ends waiting and holding. */
  readonly closed: AbortSignal;
}

const WAIT_MS = 30_000;
const RETRY: RetrySchedule = { minMs: 200, maxMs: 5_000 };

/** Waits until the lock is ours; rejects with the abort reason. Each lock has its own session, which ends with the lock. */
export async function acquireLock(dependencies: LockDependencies, options: LockOptions): Promise<LeaderLock> {
  const { api, clock } = dependencies;
  const end = AbortSignal.any([options.signal, options.closed]);
  for (let failures = 1; ; failures += 1) {
    end.throwIfAborted();
    let session: Session | null = null;
    try {
      const id = await api.createSession(`drover lock ${options.name}`, options.ttlSeconds);
      session = keepSession({ api, clock }, { id, ttlSeconds: options.ttlSeconds, signal: options.closed });
      const fencing = await waitForTurn(dependencies, options, session);
      return holdLock(dependencies, options, session, fencing);
    } catch {
      await session?.end('destroy');
      end.throwIfAborted();
      await clock.sleep(backoffMs(RETRY, failures, Math.random()), end).catch(() => end.throwIfAborted());
    }
  }
}

/** Gives the fencing number: the index at which Consul locked the key for us. Rejects when the session ends. */
async function waitForTurn({ api, clock }: LockDependencies, options: LockOptions, session: Session): Promise<number> {
  const { key, signal } = options;
  const stop = AbortSignal.any([signal, session.gone]);
  for (let index = 0; ; ) {
    const { entry, index: now } = await api.get(key, {
      ...(index ? { index, waitMs: WAIT_MS } : { consistent: true }),
      signal: stop,
    });
    if (entry?.session) {
      index = now < index ? 0 : now;
      continue;
    }
    const outcome = await api.transact([{ verb: 'lock', key, value: Buffer.from(session.id), session: session.id }]);
    stop.throwIfAborted();
    if (outcome.ok) return outcome.entries[0]?.modifyIndex ?? 0;
    // Another host was faster, or the lock delay of a session that Drover did not create is still running.
    index = 0;
    await clock.sleep(50 + Math.random() * 100, stop);
  }
}

function holdLock(
  { api, clock, log }: LockDependencies,
  { name, key, closed }: LockOptions,
  session: Session,
  fencing: number,
): LeaderLock {
  const lost = new AbortController();
  const released = new AbortController();
  const over = AbortSignal.any([released.signal, lost.signal, closed]);
  const lose = (reason: unknown): void => {
    if (over.aborted) return;
    log.warn({ lock: name, reason: String(reason) }, 'leader lock lost');
    lost.abort(reason);
  };
  const isOurs = async (): Promise<boolean> => {
    const { entry } = await api.get(key, { consistent: true });
    return entry?.session === session.id;
  };
  /** An operator can take the lock away while the session is alive. */
  const watchKey = async (): Promise<void> => {
    for (let index = 0, failures = 0; !over.aborted; ) {
      try {
        const { entry, index: now } = await api.get(key, { index, waitMs: WAIT_MS, signal: over });
        index = now < index ? 0 : now;
        failures = 0;
        // A new leader may not have applied its log yet. A consistent read makes it catch up first.
        if (entry?.session === session.id || (await isOurs())) continue;
        return lose(new Error(`lock ${name}: taken away`));
      } catch {
        failures += 1;
        await clock.sleep(backoffMs(RETRY, failures, Math.random()), over).catch(() => {});
      }
    }
  };
  if (session.uncertain.aborted) lose(session.uncertain.reason);
  session.uncertain.addEventListener('abort', () => lose(session.uncertain.reason), { once: true });
  const watching = watchKey();
  const release = async (): Promise<void> => {
    if (released.signal.aborted) return;
    released.abort(new Error(`lock ${name}: released`));
    await watching;
    if (!closed.aborted) {
      const freed = { verb: 'unlock', key, value: Buffer.alloc(0), session: session.id } as const;
      await api.transact([freed]).catch(() => {});
    }
    await session.end(closed.aborted ? 'leave' : 'destroy');
  };
  return {
    name,
    fencing,
    lost: AbortSignal.any([lost.signal, closed]),
    verify: async () => !over.aborted && (await isOurs().catch(() => false)),
    release,
  };
}
