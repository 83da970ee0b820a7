import type { Command } from 'commander';
import { askAgent, type Config, type ControlRequest, controlSocket, listRows } from '../../agent/index.ts';
import { agentNotRunning, askOrSaved } from './ask-agent.ts';
import { CommandFailure, type Io, interruption } from './io.ts';
import { parseService, type ServiceArgument, select } from './service-argument.ts';
import { findAgent, takesSettings } from './settings.ts';
import { type Seen, watch } from './watch.ts';

export interface Listing<Row> {
  readonly what: 'services' | 'containers' | 'hosts' | 'health';
  readonly description: string;
  readonly examples: string;
  /** Adds the argument or option that narrows the list. */
  readonly narrowedBy?: (command: Command) => void;
  /** Reads it, and returns a function that selects the rows. */
  readonly narrow?: (command: Command) => (rows: readonly Row[]) => readonly Row[];
  /** Whether it takes `--watch`. */
  readonly watch?: boolean;
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
  if (listing.watch) command.option('-w, --watch', 'show the list again when it changes, until Ctrl-C');
  listing.narrowedBy?.(command);
  takesSettings(command).action(async () => {
    const { json = false, watch: again = false } = command.opts<{ json?: boolean; watch?: boolean }>();
    const place = await findAgent(io, command);
    const narrowed = listing.narrow?.(command) ?? ((all: readonly Row[]) => all);
    const request = { method: 'GET', path: `/v1/${listing.what}` } as const;
    const all = await askOrSaved<unknown>(io, place, request, (view) => listRows(listing.what, view));
    const rows = narrowed(all as readonly Row[]);
    if (!again) return io.print(json ? JSON.stringify(rows, null, 2) : listing.format(rows, Date.now()));
    const see = (told: unknown): Seen => {
      const now = narrowed(told as readonly Row[]);
      const key = JSON.stringify(now);
      return { ok: true, key, text: json ? key : listing.format(now, Date.now()) };
    };
    await watch(io, () => seeRows(place.config, request, see), { signal: interruption() });
  });
}

/** From the agent alone. While it is restarted, or while a stack does not exist, there is nothing to show. */
async function seeRows(config: Config, request: ControlRequest, see: (rows: unknown) => Seen): Promise<Seen> {
  const reply = await askAgent(controlSocket(config), request);
  if (reply.kind === 'refused') throw new CommandFailure(reply.problems);
  if (reply.kind !== 'answer') return { ok: false, why: agentNotRunning(config.runDir).message };
  try {
    return see(reply.body);
  } catch (error) {
    if (error instanceof CommandFailure) return { ok: false, why: error.message };
    throw error;
  }
}

/** Narrows a list by the argument `[stack[/service]]`. */
export function byService<Row extends Member>(): Required<Pick<Listing<Row>, 'narrowedBy' | 'narrow'>> {
  return {
    narrowedBy: (command) =>
      command.argument('[stack[/service]]', 'a stack, or one of its services; without it, everything'),
    narrow: ({ args: [argument] }) => {
      const wanted = argument === undefined || argument.startsWith('-') ? null : parseService(argument);
      return (rows) => (wanted === null ? rows : rowsOf(rows, wanted));
    },
  };
}

interface Member {
  readonly stack: string | null;
  readonly service: string | null;
}

/** The rows of a stack, or of a service of it. A name that is not in the list fails, with the nearest one that is. */
export function rowsOf<Row extends Member>(rows: readonly Row[], wanted: ServiceArgument): readonly Row[] {
  const hint = 'run `drover services` to list what there is';
  return select(rows, wanted, (row) => row, { what: 'is not known', hint });
}
