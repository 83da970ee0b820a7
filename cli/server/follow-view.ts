import { type Config, feedSocket, mirrorFile, VERSION } from '../../agent/index.ts';
import type { JsonValue } from '../../model/index.ts';
import type { FeedClient } from '../../state/index.ts';
import type { Clock, Log } from '../../system/index.ts';
import type { HostView } from '../../view/index.ts';

/** The state as a server process sees it: its agent's, or what is on disk while the agent is away. */
export interface FollowedView {
  readonly view: () => HostView;
  /** Tells after each replacement of the view; gives what ends that. */
  readonly onChange: (listener: () => void) => () => void;
  /**
   * Lets all that follows from a change happen a few times, with nothing changed, so that it is compiled before the first one
   * comes: that one would take ten times as long, with queries behind it.
   */
  readonly rehearse: () => void;
  readonly identify: (address: string) => Promise<boolean>;
  /** How old the state is; 0 while the agent follows it live. */
  readonly ageSeconds: () => number;
  /** Tells the agent about this process. */
  report(report: JsonValue): void;
  /** The same every few seconds, with the newest, until the signal aborts. */
  reportRegularly(read: () => JsonValue): Promise<void>;
  close(): Promise<void>;
}

/** How long the agent may take to give a fresh picture before what is on disk has to do. */
const FRESH_WITHIN_MS = 500;
const REPORT_INTERVAL_MS = 2_000;
const REHEARSALS = 20;

/** Resolves once there is a first whole picture, however long that takes: nothing may be served before. */
export async function followView(
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  { role, config, signal }: { readonly role: string; readonly config: Config; readonly signal: AbortSignal },
): Promise<FollowedView> {
  const { connectFeed } = await import('../../state/index.ts');
  const { retouched, viewOf } = await import('../../view/index.ts');
  const paths = { path: feedSocket(config), mirrorPath: mirrorFile(config) };
  const feed = connectFeed({ clock, log }, { ...paths, role, version: VERSION, signal });
  await firstPicture(feed, clock, log, signal);

  const listeners = new Set<() => void>();
  let view: HostView | null = null;
  const advance = (): HostView => {
    const state = feed.current();
    if (state === null) throw new Error('the state is gone');
    view = viewOf(state.snapshot, state.hostId, view ?? undefined);
    return view;
  };
  advance();
  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  feed.subscribe(() => {
    advance();
    tell();
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
        view = viewOf(retouched(snapshot), hostId, view ?? undefined);
        tell();
      }
      advance();
      tell();
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

async function firstPicture(feed: FeedClient, clock: Clock, log: Log, signal: AbortSignal): Promise<void> {
  const deadline = clock.monotonic() + FRESH_WITHIN_MS;
  while (!feed.status().connected && clock.monotonic() < deadline) await clock.sleep(10, signal);
  if (feed.current() === null) log.warn({}, 'waiting for the agent: nothing is on disk to answer from');
  while (feed.current() === null) await clock.sleep(20, signal);
  const { staleSinceMs } = feed.status();
  if (staleSinceMs !== null) log.warn({ staleSinceMs }, 'answering from what was saved: the agent has nothing newer');
}
