import type { Command } from 'commander';
import type { Config } from '../agent/index.ts';
import type { JsonValue } from '../model/index.ts';
import type { Clock, Log } from '../system/index.ts';
import { type FollowedView, followView } from './follow-view.ts';
import { hostTools } from './host-tools.ts';
import { EXIT, type Io } from './io.ts';
import { readSettings } from './settings.ts';

/** What a server command starts once there is a picture to serve. */
export type Serve = (context: {
  readonly config: Config;
  readonly followed: FollowedView;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}) => Promise<{ report(): { readonly [key: string]: JsonValue }; close(): Promise<void> }>;

/** Follows the state, serves, and reports to the agent until SIGTERM or SIGINT. */
export async function runServer(io: Io, command: Command, role: 'dns' | 'metadata', serve: Serve): Promise<void> {
  const { config } = await readSettings(io, command);
  const { clock, log } = await hostTools(role, config.log);
  const stop = new AbortController();
  const { signal } = stop;
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort());
  try {
    const followed = await followView({ clock, log }, { role, config, signal });
    const server = await serve({ config, followed, clock, log, signal });
    log.info({}, 'serving');
    await followed.reportRegularly(() => ({ serving: true, ...server.report() }));
    await server.close();
    await followed.close();
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  process.exit(EXIT.ok);
}
