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
  /** The agent's mirror, read while the agent is not running; null: none. */
  readonly mirrorPath: string | null;
  /** `dns`, `metadata`. */
  readonly role: string;
  readonly version: string;
  /** Default: every kind there is. */
  readonly table?: FactTable;
  readonly signal: AbortSignal;
}

export interface FeedClient {
  /** Null until a state was read from the disk mirror or received from the agent. */
  current(): FeedState | null;
  /** Calls the listener in the same tick after each change; not for the state that `current()` has already. */
  subscribe(listener: (state: FeedState) => void): () => void;
  /** Calls the listener when anything but the revision of the status has changed. */
  onStatus(listener: (status: FeedStatus) => void): () => void;
  status(): FeedStatus;
  /** Sends the agent a report of this process (counters, failures). The newest one is sent again after a reconnect. */
  report(report: JsonValue): void;
  /**
   * Asks the agent for the container with this address. True: `current()` has it now, and the subscribers have been called.
   * False: no container has it, the answer came too late, or the agent is not running. Default timeout 250 ms.
   */
  identify(address: string, timeoutMs?: number): Promise<boolean>;
  /** Refused facts, and a mirror that cannot be read. */
  problems(): readonly Problem[];
  /** Like aborting `signal`, but resolves when everything has ended. Idempotent. */
  close(): Promise<void>;
}

const firstRetryMs = 50;
const lastRetryMs = 1_000;

/** Starts from the disk mirror, then follows the agent's feed; reconnects with backoff until closed. */
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

  /** Follows one connection to its end. */
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

/** Processes the messages of one connection. */
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
    else if (!follower) throw new Error('the first message was not a hello');
    else if (message.type === 'identified') questions.answer(message.id, message.known);
    else if (message.type !== 'commit') follower.collect(message);
    else if (position.reach(follower.commit(message), message)) send({ type: 'applied', revision: message.revision });
  };
}

/** Reconnects until the signal aborts. Logs a problem once, not with every attempt. */
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
    if (wasConnected || kind !== told)
      log.warn({ err: error }, 'not connected to the agent; serving the last known state');
    told = kind;
    await clock.sleep(retryMs, signal).catch(() => {});
    retryMs = Math.min(2 * retryMs, lastRetryMs);
  }
}
