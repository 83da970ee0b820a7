import { type Config, feedSocket, mirrorFile, VERSION } from '../../agent/index.ts';
import type { JsonValue } from '../../model/index.ts';
import type { FeedClient } from '../../state/index.ts';
import type { Clock, Log } from '../../system/index.ts';
import type { HostView } from '../../view/index.ts';
import { withChangedIdentity } from './rehearsal.ts';

/** The state as a server process sees it: the agent's, or the saved state while the agent is not running. */
export interface FollowedView {
  readonly view: () => HostView;
  /** Calls the listener after each replacement of the view; returns the function that unsubscribes it. */
  readonly onChange: (listener: () => void) => () => void;
  /**
   * Runs the code that processes a change several times without a change, so that V8 has compiled it before the first real
   * one. Without this the first change takes ten times as long, and queries wait for it.
   */
  readonly rehearse: () => void;
  readonly identify: (address: string) => Promise<boolean>;
  /** Age of the state in seconds; 0 while connected to an agent whose state is live. */
  readonly ageSeconds: () => number;
  /** Sends a report about this process to the agent. */
  report(report: JsonValue): void;
  /** Sends the newest report every few seconds until the signal aborts. */
  reportRegularly(read: () => JsonValue): Promise<void>;
  close(): Promise<void>;
}

/** How long to wait for the agent's state before serving the state saved on disk. */
const FRESH_WITHIN_MS = 500;
const REPORT_INTERVAL_MS = 2_000;
const REHEARSALS = 20;

/** Resolves when a first complete state is loaded, however long that takes: nothing may be served before. */
export async function followView(
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  { role, config, signal }: { readonly role: string; readonly config: Config; readonly signal: AbortSignal },
): Promise<FollowedView> {
  const { connectFeed } = await import('../../state/index.ts');
  const { viewOf } = await import('../../view/index.ts');
  const paths = { path: feedSocket(config), mirrorPath: mirrorFile(config) };
  const feed = connectFeed({ clock, log }, { ...paths, role, version: VERSION, signal });
  await firstState(feed, clock, log, signal);

  const listeners = new Set<() => void>();
  let view: HostView | null = null;
  const advance = (): HostView => {
    const state = feed.current();
    if (state === null) throw new Error('the feed has no state although it had one');
    view = viewOf(state.snapshot, state.hostId, view ?? undefined);
    return view;
  };
  advance();
  const notify = (): void => {
    for (const listener of listeners) listener();
  };
  feed.subscribe(() => {
    advance();
    notify();
  });
  return {
    view: () => view ?? advance(),
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    rehearse: () => {
      for (let time = 0; time < REHEARSALS; time += 1) {
        const { hostId, snapshot } = view ?? advance();
        view = viewOf(withChangedIdentity(snapshot), hostId, view ?? undefined);
        notify();
      }
      advance();
      notify();
    },
    identify: (address) => feed.identify(address),
    ageSeconds: () => {
      const { staleSinceMs } = feed.status();
      return staleSinceMs === null ? 0 : Math.max(0, clock.now() - staleSinceMs) / 1_000;
    },
    report: (report) => feed.report(report),
    reportRegularly: async (read) => {
      while (!signal.aborted) {
        feed.report(read());
        await clock.sleep(REPORT_INTERVAL_MS, signal).catch(() => {});
      }
    },
    close: () => feed.close(),
  };
}

async function firstState(feed: FeedClient, clock: Clock, log: Log, signal: AbortSignal): Promise<void> {
  const deadline = clock.monotonic() + FRESH_WITHIN_MS;
  while (!feed.status().connected && clock.monotonic() < deadline) await clock.sleep(10, signal);
  if (feed.current() === null) log.warn({}, 'waiting for the agent: no saved state on disk');
  while (feed.current() === null) await clock.sleep(20, signal);
  const { staleSinceMs } = feed.status();
  if (staleSinceMs !== null) log.warn({ staleSinceMs }, 'answering from the saved state: the agent has nothing newer');
}
