import { rm } from 'node:fs/promises';
import type { Clock, Log } from '../../../system/index.ts';
import type { Lease } from '../../contract/bus.ts';
import { hostGroup, type Keys } from '../layout/keys.ts';
import type { PublicationTarget } from '../layout/publication.ts';
import type { ConsulApi } from '../wire/api.ts';
import { createFactWriter } from './fact-writer.ts';
import { lockHostRecord, withdrawal } from './host-record.ts';
import { keepSession, type Session } from './session.ts';
import { type SessionChoice, saveSession, sessionFor } from './session-file.ts';

export interface LeaseDependencies {
  readonly api: ConsulApi;
  readonly keys: Keys;
  readonly clock: Clock;
  readonly log: Log;
}

export interface LeaseOptions extends SessionChoice {
  /** Aborts when the bus is closed: stops renewing the session. */
  readonly closed: AbortSignal;
}

/** A host that leaves does not wait longer for Consul, because its session expires anyway. */
const WITHDRAW_TIMEOUT_MS = 3_000;

/** A lease with the session that holds it. */
export interface ConsulLease extends Lease {
  readonly session: Session;
  ended(): boolean;
  /** Checks in Consul whether the host record still belongs to this lease; if not, the lease is lost. Never rejects. */
  verify(): Promise<void>;
}

/** Takes the lease of the host, from an earlier incarnation as well, whose facts remain until the first publish. */
export async function takeLease(dependencies: LeaseDependencies, options: LeaseOptions): Promise<ConsulLease> {
  const { api, keys, clock } = dependencies;
  const { hostId, ttlSeconds, sessionFile, closed } = options;
  const id = await sessionFor(api, options);
  const session = keepSession({ api, clock }, { id, ttlSeconds, signal: closed });
  try {
    await lockHostRecord(api, keys.hostRecord(hostId), hostId, id);
    if (sessionFile) await saveSession(sessionFile, hostId, id);
    return createLease(dependencies, options, session);
  } catch (error) {
    await session.end('leave');
    throw error;
  }
}

function createLease({ api, keys, log }: LeaseDependencies, options: LeaseOptions, session: Session): ConsulLease {
  const { hostId, sessionFile, closed } = options;
  const target: PublicationTarget = {
    recordKey: keys.hostRecord(hostId),
    groupKey: keys.group(hostGroup(hostId)),
    factsPrefix: keys.factsOf(hostId),
    session: session.id,
  };
  const lost = new AbortController();
  let ended = false;
  let queue: Promise<unknown> = Promise.resolve();

  const lose = (why: string): void => {
    if (lost.signal.aborted || ended) return;
    log.warn({ hostId, why }, 'bus lease lost; joining again');
    lost.abort(new Error(`lease of host ${hostId}: ${why}; join again`));
    void session.end('leave');
  };
  const sessionGone = (): void => lose('Consul ended its session');
  if (session.gone.aborted) sessionGone();
  else session.gone.addEventListener('abort', sessionGone, { once: true });

  const loseAndThrow = (why: string): never => {
    lose(why);
    throw lost.signal.reason ?? new Error(`lease of host ${hostId}: ${why}`);
  };
  const writer = createFactWriter(api, { hostId, target, lose: loseAndThrow });
  const inOrder = <T>(work: () => Promise<T>): Promise<T> => {
    const done = queue.then(work);
    queue = done.catch(() => {});
    return done;
  };
  const verify = async (): Promise<void> => {
    if (!writer.isCertain() || ended || lost.signal.aborted) return;
    const { entry } = await api.get(target.recordKey, { consistent: true });
    if (entry?.session !== session.id) lose('its host record was deleted or taken over');
  };
  const close = async (): Promise<void> => {
    if (ended) return;
    ended = true;
    await queue;
    if (lost.signal.aborted || closed.aborted) return session.end('leave');
    try {
      await withdraw(api, target);
      await session.end('destroy');
    } catch (err) {
      log.warn({ hostId, err }, 'cannot withdraw the facts of this host; they remain until its Consul session expires');
      await session.end('leave');
    }
    if (sessionFile) await rm(sessionFile, { force: true });
  };
  return {
    hostId,
    session,
    lost: lost.signal,
    ended: () => ended || lost.signal.aborted,
    publish: (changes) =>
      inOrder(async () => {
        lost.signal.throwIfAborted();
        closed.throwIfAborted();
        if (ended) throw new Error(`lease of host ${hostId}: closed; join again`);
        await writer.write(changes);
      }),
    verify: () => inOrder(verify).catch(() => {}),
    close,
  };
}

async function withdraw(api: ConsulApi, target: PublicationTarget): Promise<void> {
  const signal = AbortSignal.timeout(WITHDRAW_TIMEOUT_MS);
  const { entry } = await api.get(target.recordKey, { consistent: true, signal });
  if (entry?.session === target.session) await api.transact(withdrawal(entry, target));
}
