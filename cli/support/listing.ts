import type { Command } from 'commander';
import { askAgent, controlSocket, listRows, readSavedView } from '../../agent/index.ts';
import { formatDuration } from '../output/duration.ts';
import { CommandFailure, EXIT, type Io } from './io.ts';
import { readSettings, takesSettings } from './settings.ts';

export interface Listing<Row> {
  readonly what: 'services' | 'containers' | 'hosts';
  readonly description: string;
  readonly examples: string;
  readonly format: (rows: readonly Row[]) => string;
}

/** Adds a command that lists something: from the agent, or from disk when it is away. */
export function addListing<Row>(program: Command, io: Io, listing: Listing<Row>): void {
  const command = program
    .command(listing.what)
    .description(listing.description)
    .option('--json', 'as JSON')
    .addHelpText('after', `\nExamples:\n${listing.examples}`);
  takesSettings(command).action(async () => {
    const rows = (await readRows(io, command, listing.what)) as readonly Row[];
    const { json } = command.opts<{ json?: boolean }>();
    io.print(json ? JSON.stringify(rows, null, 2) : listing.format(rows));
  });
}

async function readRows(io: Io, command: Command, what: Listing<unknown>['what']): Promise<unknown> {
  const { config } = await readSettings(io, command);
  const reply = await askAgent(controlSocket(config), { method: 'GET', path: `/v1/${what}` });
  if (reply.kind === 'answer') return reply.body;
  if (reply.kind === 'refused') throw new CommandFailure(reply.problems);
  const saved = await readSavedView(config);
  if (saved === null)
    throw new CommandFailure([awayProblem(config.runDir, 'nothing was saved on this host yet')], EXIT.away);
  const age = formatDuration(Date.now() - saved.savedAtMs);
  io.warn(`drover: the agent is away: this is what was known ${age} ago (${new Date(saved.savedAtMs).toISOString()})`);
  return listRows(what, saved.view);
}

export function awayProblem(runDir: string, what: string) {
  return { subject: `agent at ${runDir}`, what: `it is away, and ${what}`, hint: 'start it: drover agent' };
}
