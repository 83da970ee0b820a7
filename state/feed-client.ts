import type { JsonValue, Problem, Snapshot } from '../model/index.ts';
import type { Clock, Log } from '../system/index.ts';
import { advance, emptyState, type State } from './advance.ts';
import { createFollower, type FeedFollower } from './feed-follower.ts';
import { type FeedSession, openSession } from './feed-session.ts';
import { type ClientMessage, protocol, type ServerMessage } from './feed-wire.ts';
import { createListeners } from './listeners.ts';
import { readMirror } from './mirror.ts';
import { diffPictures, emptyPicture } from './picture.ts';
import { createQuestions } from './questions.ts';

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
  readonly signal: AbortSignal;
}

export interface FeedState {
  readonly snapshot: Snapshot;
  /** The host this feed belongs to. */
  readonly hostId: string;
}

export interface FeedStatus {
  /** Whether the agent feeds us and the full picture has arrived. */
  readonly connected: boolean;
  /**
   * Since when the snapshot may be old (milliseconds since the epoch): the agent is away, or has itself only what its disk
   * knew. Null while it is fresh, or when there is none.
   */
  readonly staleSinceMs: number | null;
  /** The agent's revision applied last, null before the first. */
  readonly revision: number | null;
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
  const listeners = createListeners<FeedState>(log);
  const statusListeners = createListeners<FeedStatus>(log);
  const questions = createQuestions();
  const start = options.mirrorPath === null ? noStart : fromMirror(options.mirrorPath);
  let state: State | null = start.state;
  let status: FeedStatus = { connected: false, staleSinceMs: start.savedAtMs, revision: null };
  let session: FeedSession | null = null;
  let lastReport: ClientMessage | null = null;

  const setStatus = (next: FeedStatus): void => {
    const told = next.connected !== status.connected || next.staleSinceMs !== status.staleSinceMs;
    status = next;
    if (told) statusListeners.tell(status);
  };
  const commit = (message: Extract<ServerMessage, { type: 'commit' }>, follower: FeedFollower): void => {
    const before = state;
    state = follower.commit(message);
    const { revision } = message;
    // An agent that knows less than we do is no better than none.
    const waits = state.picture.complete && !message.complete;
    if (!status.connected) log.info({ revision }, 'the agent feeds us');
    setStatus({ connected: true, staleSinceMs: waits ? status.staleSinceMs : message.staleSinceMs, revision });
    const applied =
      state.snapshot === before?.snapshot || listeners.tell({ snapshot: state.snapshot, hostId: state.hostId });
    if (applied) session?.send({ type: 'applied', revision });
  };
  const greeting = (): ClientMessage[] => {
    const { role, version } = options;
    const hello: ClientMessage = { type: 'hello', protocol, role, version, pid: process.pid };
    return lastReport ? [hello, lastReport] : [hello];
  };
  /** One connection, to its end; why it ended. */
  const follow = async (): Promise<Error> => {
    let follower: FeedFollower | null = null;
    const onMessage = (message: ServerMessage): void => {
      if (message.type === 'hello') follower = createFollower(message, state);
      else if (!follower) throw new Error('it did not say hello first');
      else if (message.type === 'commit') commit(message, follower);
      else if (message.type === 'identified') questions.answer(message.id, message.known);
      else follower.collect(message);
    };
    session = openSession({ path: options.path, greeting: greeting(), onMessage, signal });
    const reason = await session.ended;
    session = null;
    questions.giveUp();
    return reason;
  };
  const run = async (): Promise<void> => {
    let retryMs = firstRetryMs;
    let told = '';
    while (!signal.aborted) {
      const reason = await follow();
      if (signal.aborted) break;
      if (status.connected) {
        retryMs = firstRetryMs;
        told = '';
        setStatus({ ...status, connected: false, staleSinceMs: status.staleSinceMs ?? clock.now() });
      }
      if (reason.message !== told) log.warn({ err: reason }, 'no feed from the agent; serving what is known');
      told = reason.message;
      await clock.sleep(retryMs, signal).catch(() => {});
      retryMs = Math.min(2 * retryMs, lastRetryMs);
    }
    setStatus({ ...status, connected: false });
  };
  const running = run();
  return {
    current: () => state && { snapshot: state.snapshot, hostId: state.hostId },
    subscribe: listeners.add,
    onStatus: statusListeners.add,
    status: () => status,
    report: (report) => {
      lastReport = { type: 'report', report };
      session?.send(lastReport);
    },
    identify: async (address, timeoutMs = 250) => {
      if (!session || !status.connected) return false;
      const { id, answered } = questions.ask();
      session.send({ type: 'identify', id, address });
      return within(clock, timeoutMs, answered, () => questions.answer(id, false));
    },
    problems: () => [
      ...[...(state?.rejected.values() ?? [])].map(({ problem }) => problem),
      ...(start.problem && !status.connected ? [start.problem] : []),
    ],
    close: async () => {
      ended.abort(new Error('the feed was closed'));
      await running;
    },
  };
}

interface Start {
  readonly state: State | null;
  readonly savedAtMs: number | null;
  readonly problem: Problem | null;
}

const noStart: Start = { state: null, savedAtMs: null, problem: null };

function fromMirror(path: string): Start {
  const { saved, problem } = readMirror(path);
  if (!saved) return { ...noStart, problem };
  const empty = emptyState(saved.environment, saved.hostId);
  const delta = diffPictures(emptyPicture, saved.picture);
  const state = delta ? advance(empty, delta, saved.revision).state : empty;
  return { state, savedAtMs: saved.savedAtMs, problem: null };
}

/** The answer; after `timeoutMs` `onLate` is called, which must settle it. */
async function within<T>(clock: Clock, timeoutMs: number, answer: Promise<T>, onLate: () => void): Promise<T> {
  const settled = new AbortController();
  const late = clock.sleep(timeoutMs, settled.signal).then(onLate, () => {});
  const value = await answer;
  settled.abort();
  await late;
  return value;
}
