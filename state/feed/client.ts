import { type FactTable, type Reduction, reductionFor } from '../../facts/index.ts';
import type { JsonValue, Problem } from '../../model/index.ts';
import type { Clock, Log } from '../../system/index.ts';
import { createFollower, type FeedFollower } from './follower.ts';
import { createPosition, type FeedPosition, type FeedState, type FeedStatus } from './position.ts';
import { createQuestions, type Questions } from './questions.ts';
import { type FeedSession, openSession, type SessionEnd } from './session.ts';
import { type ClientMessage, protocol, type ServerMessage } from './wire.ts';

export type { FeedState, FeedStatus } from './position.ts';

export interface FeedClientDependencies {
  readonly clock: Clock;
  readonly log: Log;
}

export interface FeedClientOptions {
  /** Path of the agent's unix socket. */
  readonly path: string;
  /** The agent's mirror, read while the agent is away; null: none. */
  readonly mirrorPath: string | null;
  /** `dns`, `metadata`. */
  readonly role: string;
  readonly version: string;
  /** Default: every kind there is. */
  readonly table?: FactTable;
  readonly signal: AbortSignal;
}

export interface FeedClient {
  /** Null until the disk mirror or the agent gave a first picture. */
  current(): FeedState | null;
  /** Called in the same tick after each change; not called for what `current()` has already. */
  subscribe(listener: (state: FeedState) => void): () => void;
  /** Called when the status has changed in more than its revision. */
  onStatus(listener: (status: FeedStatus) => void): () => void;
  status(): FeedStatus;
  /** Tells the agent something about this process (counters, what fails); the newest is sent again after a reconnect. */
  report(report: JsonValue): void;
  /**
   * Asks the agent to find out whose address this is. True: `current()` knows now, and the subscribers have been called.
   * False when nobody's, late or the agent is away. Default 250 ms.
   */
  identify(address: string, timeoutMs?: number): Promise<boolean>;
  /** Facts that were refused, a mirror that cannot be read. */
  problems(): readonly Problem[];
  /** Idempotent; the same as aborting `signal`, and waits. */
  close(): Promise<void>;
}

const firstRetryMs = 50;
const lastRetryMs = 1_000;

/** Follows the agent's feed for ever: at once from the disk mirror, then live; reconnects with backoff. */
export function connectFeed({ clock, log }: FeedClientDependencies, options: FeedClientOptions): FeedClient {
  const ended = new AbortController();
  const signal = AbortSignal.any([options.signal, ended.signal]);
  const reduce = reductionFor(options.role, options.table);
  const position = createPosition({ log, reduce }, options.mirrorPath);
  const questions = createQuestions(clock);
  const { role, version } = options;
  const hello: ClientMessage = { type: 'hello', protocol, role, version, pid: process.pid };
  let session: FeedSession | null = null;
  let lastReport: ClientMessage | null = null;

  /** One connection, to its end. */
  const follow = async (): Promise<SessionEnd> => {
    const greeting = lastReport ? [hello, lastReport] : [hello];
    const onMessage = receiver({ position, questions, reduce }, (message) => session?.send(message));
    session = openSession({ path: options.path, greeting, onMessage, signal });
    const end = await session.ended;
    session = null;
    questions.giveUp();
    return end;
  };
  const running = followForEver({ clock, log, position }, follow, signal);
  return {
    current: () => {
      const state = position.state();
      return state && { snapshot: state.snapshot, hostId: state.hostId };
    },
    subscribe: position.listeners.add,
    onStatus: position.statusListeners.add,
    status: position.status,
    report: (report) => {
      lastReport = { type: 'report', report };
      session?.send(lastReport);
    },
    identify: async (address, timeoutMs = 250) => {
      const asked = position.status().connected ? session : null;
      if (!asked) return false;
      return questions.ask(timeoutMs, (id) => asked.send({ type: 'identify', id, address }));
    },
    problems: position.problems,
    close: async () => {
      ended.abort(new Error('the feed was closed'));
      await running;
    },
  };
}

/** What is done with each message of one connection. */
function receiver(
  {
    position,
    questions,
    reduce,
  }: { readonly position: FeedPosition; readonly questions: Questions; readonly reduce: Reduction },
  send: (message: ClientMessage) => void,
) {
  let follower: FeedFollower | null = null;
  return (message: ServerMessage): void => {
    if (message.type === 'hello') follower = createFollower(message, position.state(), reduce);
    else if (!follower) throw new Error('it did not say hello first');
    else if (message.type === 'identified') questions.answer(message.id, message.known);
    else if (message.type !== 'commit') follower.collect(message);
    else if (position.reach(follower.commit(message), message)) send({ type: 'applied', revision: message.revision });
  };
}

/** Connects again and again; logs what is wrong once, not once a try. */
async function followForEver(
  { clock, log, position }: FeedClientDependencies & { readonly position: FeedPosition },
  follow: () => Promise<SessionEnd>,
  signal: AbortSignal,
): Promise<void> {
  let retryMs = firstRetryMs;
  let told: SessionEnd['kind'] | null = null;
  while (!signal.aborted) {
    const { kind, error } = await follow();
    const wasConnected = position.status().connected;
    position.lose(clock.now());
    if (signal.aborted) return;
    if (wasConnected) retryMs = firstRetryMs;
    if (wasConnected || kind !== told) log.warn({ err: error }, 'no feed from the agent; serving what is known');
    told = kind;
    await clock.sleep(retryMs, signal).catch(() => {});
    retryMs = Math.min(2 * retryMs, lastRetryMs);
  }
}
