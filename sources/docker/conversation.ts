import type { FactsPart } from '../../facts/index.ts';
import type { Problem } from '../../model/index.ts';
import type { Clock, Log, WakeUp } from '../../system/index.ts';
import type { Sync } from './containers/sync.ts';
import type { DockerApi } from './engine/api.ts';
import type { Conversation } from './engine/connection.ts';
import { type DockerEvent, linesOf, parseDockerEvent } from './engine/docker-event.ts';
import type { Info } from './engine/schema.ts';
import type { SessionHolder } from './engine/session.ts';

export interface ConversationDependencies {
  readonly facts: Pick<FactsPart, 'hold' | 'release'>;
  readonly session: SessionHolder;
  readonly sync: Sync;
  readonly sink: (event: DockerEvent) => void;
  readonly onInfo: (info: Info) => void;
  /** Called when everything works; a failure after that is a new one. */
  readonly onEstablished: () => void;
  /** Woken when the list must be read again. */
  readonly wakeUp: WakeUp;
  readonly clock: Clock;
  readonly log: Log;
}

/** The work on each connection: subscribe to events, compare with the list, and compare again at an interval. */
export interface DockerConversation {
  readonly converse: Conversation;
  /** Milliseconds since the epoch of the last complete comparison with the list, null before the first. */
  lastSyncMs(): number | null;
  problems(): readonly Problem[];
}

/** Shortest time between two comparisons with the list, however often something asks for one. */
const RESYNC_PAUSE_MS = 1000;
/** Before the first connection: far enough back to see a stop that is still under way. */
const FIRST_SINCE_MS = 30_000;

export function createConversation(
  dependencies: ConversationDependencies,
  { resyncIntervalMs }: { readonly resyncIntervalMs: number },
): DockerConversation {
  const { facts, session, sync, onInfo, onEstablished, wakeUp, clock } = dependencies;
  const events = createEventReader(dependencies);
  let lastSyncMs: number | null = null;
  let unreadable: readonly Problem[] = [];

  /** Holds changes back until the first complete comparison, so that the facts are never incomplete. */
  const holdUntilComplete = (): (() => void) => {
    if (lastSyncMs !== null) return () => {};
    facts.hold();
    let isHeld = true;
    return () => {
      if (isHeld) facts.release();
      isHeld = false;
    };
  };
  const keepInSync = async (api: DockerApi, release: () => void, signal: AbortSignal): Promise<never> => {
    onInfo(await api.info(signal));
    for (;;) {
      events.forget();
      unreadable = await sync();
      lastSyncMs = clock.now();
      release();
      onEstablished();
      await wakeUp.wait(resyncIntervalMs, signal);
      await clock.sleep(RESYNC_PAUSE_MS, signal);
    }
  };
  const converse: Conversation = async (api, outer) => {
    const end = new AbortController();
    const signal = AbortSignal.any([outer, end.signal]);
    const stream = await api.events(events.sinceMs(), signal);
    session.set({ api, signal });
    const release = holdUntilComplete();
    const parts = [events.follow(stream), keepInSync(api, release, signal)];
    try {
      await Promise.race(parts);
    } finally {
      session.set(null);
      release();
      end.abort();
      await Promise.allSettled(parts);
    }
  };
  return { converse, lastSyncMs: () => lastSyncMs, problems: () => [...unreadable, ...events.problems()] };
}

function createEventReader({ sink, wakeUp, clock, log }: ConversationDependencies) {
  let lastEventMs = clock.now() - FIRST_SINCE_MS;
  let problem: Problem | null = null;
  const take = (line: string): void => {
    try {
      const event = parseDockerEvent(line);
      if (!event) return;
      lastEventMs = Math.max(lastEventMs, event.timeMs);
      sink(event);
    } catch (error) {
      // The list contains what the event would have said.
      if (problem === null) log.warn({ err: error }, 'Docker sent an event that cannot be parsed');
      problem = badEvent(line, error);
      wakeUp.wake();
    }
  };
  return {
    follow: async (stream: AsyncIterable<Uint8Array>): Promise<void> => {
      for await (const line of linesOf(stream)) take(line);
    },
    sinceMs: () => lastEventMs,
    /** Called before a comparison with the list, which makes up for bad events. */
    forget: () => {
      problem = null;
    },
    problems: (): readonly Problem[] => (problem ? [problem] : []),
  };
}

function badEvent(line: string, error: unknown): Problem {
  return {
    subject: 'Docker events',
    what: `a line of ${line.length} characters cannot be parsed: ${error instanceof Error ? error.message : error}`,
    hint: 'no action needed once: Drover has read the list again; if this persists, check what is between Drover and dockerd',
  };
}
