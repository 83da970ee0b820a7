import type { Clock, Log } from '../../system/index.ts';
import type { LeaderLock } from '../bus.ts';
import type { ConsulApi } from './api.ts';
import { backoffMs } from './pace.ts';
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
  /** Gives up waiting. */
  readonly signal: AbortSignal;
  /** The bus is closed: neither waiting nor holding goes on. */
  readonly closed: AbortSignal;
}

const WAIT_MS = 30_000;

/** Waits until the lock is ours; rejects with the abort reason. A session of its own, so that releasing is ending it. */
export async function acquireLock(dependencies: LockDependencies, options: LockOptions): Promise<LeaderLock> {
  const { api, clock } = dependencies;
  const end = AbortSignal.any([options.signal, options.closed]);
  for (let failures = 0; ; failures += 1) {
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
      await clock.sleep(backoffMs(failures, Math.random()), end).catch(() => end.throwIfAborted());
    }
  }
}

/** Gives the fencing number: the index at which Consul gave us the key. Rejects when the session ends. */
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
    // Somebody was quicker, or a session of another maker left a lock delay behind.
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
    log.warn({ lock: name, reason: String(reason) }, 'a leader lock is lost');
    lost.abort(reason);
  };
  const isOurs = async (): Promise<boolean> => {
    const { entry } = await api.get(key, { consistent: true });
    return entry?.session === session.id;
  };
  /** A lock can also be taken away by hand, with the session alive. */
  const watchKey = async (): Promise<void> => {
    for (let index = 0, failures = 0; !over.aborted; ) {
      try {
        const { entry, index: now } = await api.get(key, { index, waitMs: WAIT_MS, signal: over });
        index = now < index ? 0 : now;
        failures = 0;
        // A server that has just become the leader may be behind: ask again, so that it first catches up.
        if (entry?.session === session.id || (await isOurs())) continue;
        return lose(new Error(`lock ${name}: it was taken away`));
      } catch {
        await clock.sleep(backoffMs(failures++, Math.random()), over).catch(() => {});
      }
    }
  };
  if (session.uncertain.aborted) lose(session.uncertain.reason);
  session.uncertain.addEventListener('abort', () => lose(session.uncertain.reason), { once: true });
  const watching = watchKey();
  const release = async (): Promise<void> => {
    if (released.signal.aborted) return;
    released.abort(new Error(`lock ${name}: it was released`));
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
