import { rm } from 'node:fs/promises';
import { type JsonValue, sameJson } from '../../model/index.ts';
import type { Clock, Log } from '../../system/index.ts';
import type { FactKey, FactMap, Lease } from '../bus.ts';
import type { ConsulApi, Operation } from './api.ts';
import { hostGroup, type Keys } from './keys.ts';
import { type SessionChoice, saveSession, sessionFor, takeNotice, withdrawal } from './place.ts';
import { type PublicationTarget, type Published, planPublication } from './publication.ts';
import { keepSession, type Session } from './session.ts';

export interface LeaseDependencies {
  readonly api: ConsulApi;
  readonly keys: Keys;
  readonly clock: Clock;
  readonly log: Log;
}

export interface LeaseOptions extends SessionChoice {
  /** Ends the renewing. */
  readonly closed: AbortSignal;
}

/** A host that leaves does not wait longer for Consul: its session ends by itself. */
const WITHDRAW_MS = 3_000;

/** A lease, and the session it stands on. */
export interface ConsulLease extends Lease {
  readonly session: Session;
  ended(): boolean;
  /** Called when the notice was not found where it should be: looks for itself, and is lost if that is so. Never rejects. */
  verify(): Promise<void>;
}

/** Takes the host's place, from an earlier incarnation too, whose facts stay until the first publish. */
export async function takeLease(dependencies: LeaseDependencies, options: LeaseOptions): Promise<ConsulLease> {
  const { api, keys, clock } = dependencies;
  const { hostId, ttlSeconds, sessionFile, closed } = options;
  const id = await sessionFor(api, options);
  const session = keepSession({ api, clock }, { id, ttlSeconds, signal: closed });
  try {
    await takeNotice(api, keys.notice(hostId), hostId, id);
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
    noticeKey: keys.notice(hostId),
    groupKey: keys.group(hostGroup(hostId)),
    factsPrefix: keys.factsOf(hostId),
    session: session.id,
  };
  const lost = new AbortController();
  let published: Published = { facts: new Map(), tokens: [] };
  /** Whether `published` is surely what stands in Consul; else the next publish looks first and writes everything. */
  let certain = false;
  let ended = false;
  let queue: Promise<unknown> = Promise.resolve();

  const lose = (why: string): void => {
    if (lost.signal.aborted || ended) return;
    log.warn({ hostId, why }, 'the lease is lost; joining again');
    lost.abort(new Error(`lease of host ${hostId}: ${why}; join again`));
    void session.end('leave');
  };
  const sessionGone = (): void => lose('Consul ended its session');
  if (session.gone.aborted) sessionGone();
  else session.gone.addEventListener('abort', sessionGone, { once: true });

  /** What a request that failed has done is not known: look whose the place is, and take nothing for written. */
  const lookAgain = async (): Promise<void> => {
    const { entry } = await api.get(target.noticeKey, { consistent: true });
    if (entry?.session && entry.session !== session.id) lose('another agent with the same host id took its place');
    lost.signal.throwIfAborted();
    published = { facts: published.facts, tokens: [] };
  };
  const send = async (facts: FactMap): Promise<void> => {
    const wasCertain = certain;
    if (!certain) await lookAgain();
    certain = false;
    const plan = planPublication(published, facts, target);
    for (const operations of plan.first) await write(api, operations);
    const outcome = await api.transact(plan.last);
    if (!outcome.ok) {
      if (!(await api.renewSession(session.id))) lose('Consul ended its session');
      await lookAgain();
      throw new Error(`publishing the facts of host ${hostId}: ${outcome.why}; publish again`);
    }
    published = plan.published;
    if (!wasCertain || plan.first.length > 0) await removeOrphans(api, target.factsPrefix, published.tokens);
    certain = true;
  };
  const publish = async (changes: ReadonlyMap<FactKey, JsonValue | null>): Promise<void> => {
    lost.signal.throwIfAborted();
    closed.throwIfAborted();
    if (ended) throw new Error(`lease of host ${hostId}: it was closed; join again`);
    const facts = applyChanges(published.facts, changes);
    if (!certain || facts !== published.facts) await send(facts);
  };
  const verify = async (): Promise<void> => {
    if (!certain || ended || lost.signal.aborted) return;
    const { entry } = await api.get(target.noticeKey, { consistent: true });
    if (entry?.session !== session.id) lose('its notice was deleted or taken');
  };
  const withdraw = async (): Promise<void> => {
    const signal = AbortSignal.timeout(WITHDRAW_MS);
    const { entry } = await api.get(target.noticeKey, { consistent: true, signal });
    if (entry?.session === session.id) await api.transact(withdrawal(entry, target));
  };
  const close = async (): Promise<void> => {
    if (ended) return;
    ended = true;
    await queue;
    if (lost.signal.aborted || closed.aborted) return session.end('leave');
    try {
      await withdraw();
      await session.end('destroy');
    } catch (err) {
      log.warn({ hostId, err }, 'not withdrawn: the lease ends when its session does');
      await session.end('leave');
    }
    if (sessionFile) await rm(sessionFile, { force: true });
  };
  return {
    hostId,
    session,
    lost: lost.signal,
    ended: () => ended || lost.signal.aborted,
    publish: (changes) => {
      const done = queue.then(() => publish(changes));
      queue = done.catch(() => {});
      return done;
    },
    verify: () => {
      const done = queue.then(verify).catch(() => {});
      queue = done;
      return done;
    },
    close,
  };
}

async function write(api: ConsulApi, operations: readonly Operation[]): Promise<void> {
  const outcome = await api.transact(operations);
  if (!outcome.ok) throw new Error(`Consul refused facts: ${outcome.why}`);
}

/** Facts that no notice names: of an earlier incarnation, or of a publish that did not come to its end. */
async function removeOrphans(api: ConsulApi, prefix: string, tokens: readonly (string | null)[]): Promise<void> {
  const present = new Set((await api.keys(prefix)).map((key) => key.slice(prefix.length).split('.')[0] ?? ''));
  const orphans = [...present].filter((token) => !tokens.includes(token));
  for (let at = 0; at < orphans.length; at += 60) {
    const some = orphans.slice(at, at + 60);
    await write(
      api,
      some.map((token) => ({ verb: 'delete-tree', key: prefix + token })),
    );
  }
}

/** The same map when nothing changes. */
function applyChanges(before: FactMap, changes: ReadonlyMap<FactKey, JsonValue | null>): FactMap {
  const after = new Map(before);
  let same = true;
  for (const [key, value] of changes) {
    const old = before.get(key);
    if (value === null) same = !after.delete(key) && same;
    else if (old === undefined || !sameJson(old, value)) {
      after.set(key, structuredClone(value));
      same = false;
    }
  }
  return same ? before : after;
}
