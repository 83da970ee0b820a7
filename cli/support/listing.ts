import type { Command } from 'commander';
import { askAgent, controlSocket, listRows, readSavedView } from '../../agent/index.ts';
import { formatDuration } from '../output/duration.ts';
import { CommandFailure, EXIT, type Io } from './io.ts';
import { readSettings, takesSettings } from './settings.ts';

export interface Listing<Row> {
  readonly what: 'services' | 'containers' | 'hosts';
  readonly description: string;
  readonly examples: string;
  /** Ages are relative to `nowMs`. */
  readonly format: (rows: readonly Row[], nowMs: number) => string;
}

/** Adds a command that lists something: from the agent, or from the saved state if the agent is not running. */
export function addListing<Row>(program: Command, io: Io, listing: Listing<Row>): void {
  const command = program
    .command(listing.what)
    .description(listing.description)
    .option('--json', 'print JSON')
    .addHelpText('after', `\nExamples:\n${listing.examples}`);
  takesSettings(command).action(async () => {
    const rows = (await readRows(io, command, listing.what)) as readonly Row[];
    const { json } = command.opts<{ json?: boolean }>();
    io.print(json ? JSON.stringify(rows, null, 2) : listing.format(rows, Date.now()));
  });
}

async function readRows(io: Io, command: Command, what: Listing<unknown>['what']): Promise<unknown> {
  const { config } = await readSettings(io, command);
  const reply = await askAgent(controlSocket(config), { method: 'GET', path: `/v1/${what}` });
  if (reply.kind === 'answer') return reply.body;
  if (reply.kind === 'refused') throw new CommandFailure(reply.problems);
  const saved = await readSavedView(config);
  if (saved === null) throw agentNotRunning(config.runDir, NOTHING_SAVED);
  warnSavedState(io, saved.savedAtMs);
  return listRows(what, saved.view);
}

export const NOTHING_SAVED = ', and this host has no saved state';

/** The failure of a command that needs the agent. `effect` continues the sentence "is not running". */
export function agentNotRunning(runDir: string, effect = ''): CommandFailure {
  const problem = { subject: `agent at ${runDir}`, what: `is not running${effect}`, hint: 'start it: `drover agent`' };
  return new CommandFailure([problem], EXIT.agentNotRunning);
}

/** Says that a result comes from the state saved on disk, and how old that is. */
export function warnSavedState(io: Io, savedAtMs: number): void {
  const age = formatDuration(Date.now() - savedAtMs);
  const time = new Date(savedAtMs).toISOString();
  io.warn(`drover: the agent is not running; using the state saved ${age} ago (${time})`);
}
