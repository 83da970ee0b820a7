import type { Command } from 'commander';
import type { Config } from '../../agent/index.ts';
import type { JsonValue } from '../../model/index.ts';
import type { Clock, Log } from '../../system/index.ts';
import { hostTools } from '../support/host-tools.ts';
import { EXIT, type Io } from '../support/io.ts';
import { readSettings } from '../support/settings.ts';
import { type FollowedView, followView } from './follow-view.ts';

export interface RunningServer {
  report(): { readonly [key: string]: JsonValue };
  /** Answers the requests already received, while the replacement process receives new ones. */
  leave?(): Promise<void>;
  close(): Promise<void>;
}

/** Prepares a server and returns the function that binds it. That function is called again if the port is in use. */
export type Prepare = (context: {
  readonly config: Config;
  readonly followed: FollowedView;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}) => Promise<() => Promise<RunningServer>>;

export interface ServerRole {
  /** Names the process to the agent. */
  readonly role: string;
  /** How long to wait for a port that is in use. */
  readonly portWaitMs: number;
}

/** Follows the state, serves it, and reports to the agent until SIGTERM or SIGINT. */
export async function runServer(
  io: Io,
  command: Command,
  { role, portWaitMs }: ServerRole,
  prepare: Prepare,
): Promise<void> {
  const { config } = await readSettings(io, command);
  const { clock, log } = await hostTools(role, config.log);
  const stop = new AbortController();
  const { signal } = stop;
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort());
  try {
    const followed = await followView({ clock, log }, { role, config, signal });
    const bind = await prepare({ config, followed, clock, log, signal });
    followed.report({ loaded: true, serving: false });
    const server = await oncePortIsFree(clock, { signal, waitMs: portWaitMs }, bind);
    log.info({}, 'serving');
    await followed.reportRegularly(() => ({ loaded: true, serving: true, ...server.report() }));
    await server.leave?.();
    await server.close();
    await followed.close();
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    // An open connection to the agent would keep a failed process alive.
    stop.abort();
  }
  process.exit(EXIT.ok);
}

async function oncePortIsFree<T>(
  clock: Clock,
  { signal, waitMs }: { readonly signal: AbortSignal; readonly waitMs: number },
  bind: () => Promise<T>,
): Promise<T> {
  const deadline = clock.monotonic() + waitMs;
  for (;;) {
    try {
      return await bind();
    } catch (error) {
      if (!isAddressInUse(error) || clock.monotonic() > deadline) throw error;
      await clock.sleep(2, signal);
    }
  }
}

function isAddressInUse(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause)
    if ((at as NodeJS.ErrnoException).code === 'EADDRINUSE') return true;
  return false;
}
