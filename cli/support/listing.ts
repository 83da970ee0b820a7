import type { Command } from 'commander';
import { askAgent, type Config, controlSocket, listRows, readSavedView } from '../../agent/index.ts';
import { nearestWord } from '../../model/index.ts';
import { formatDuration } from '../output/duration.ts';
import { CommandFailure, EXIT, type Io } from './io.ts';
import { formatService, type ServiceArgument } from './service-argument.ts';
import { readSettings, takesSettings } from './settings.ts';
import { type Seen, watch } from './watch.ts';

export interface Listing<Row> {
  readonly what: 'services' | 'containers' | 'hosts';
  readonly description: string;
  readonly examples: string;
  /** Adds the argument or option that narrows the list, and says how. */
  readonly narrow?: (command: Command) => () => (rows: readonly Row[]) => readonly Row[];
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
  const narrow = listing.narrow?.(command);
  takesSettings(command).action(async () => {
    const { json = false, watch: again = false } = command.opts<{ json?: boolean; watch?: boolean }>();
    const { config } = await readSettings(io, command);
    const narrowed = narrow?.() ?? ((rows: readonly Row[]) => rows);
    const rows = narrowed((await readRows(io, config, listing.what)) as readonly Row[]);
    if (!again) return io.print(json ? JSON.stringify(rows, null, 2) : listing.format(rows, Date.now()));
    const stop = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
    const see = (told: unknown): Seen => {
      const now = narrowed(told as readonly Row[]);
      const key = JSON.stringify(now);
      return { ok: true, key, text: json ? key : listing.format(now, Date.now()) };
    };
    await watch(io, () => seeRows(config, listing.what, see), stop);
  });
}

async function readRows(io: Io, config: Config, what: Listing<unknown>['what']): Promise<unknown> {
  const reply = await askAgent(controlSocket(config), { method: 'GET', path: `/v1/${what}` });
  if (reply.kind === 'answer') return reply.body;
  if (reply.kind === 'refused') throw new CommandFailure(reply.problems);
  const saved = await readSavedView(config);
  if (saved === null) throw agentNotRunning(config.runDir, NOTHING_SAVED);
  warnSavedState(io, saved.savedAtMs);
  return listRows(what, saved.view);
}

/** From the agent alone. While it is restarted, or while a stack does not exist, there is nothing to show. */
async function seeRows(config: Config, what: string, see: (rows: unknown) => Seen): Promise<Seen> {
  const reply = await askAgent(controlSocket(config), { method: 'GET', path: `/v1/${what}` });
  if (reply.kind === 'refused') throw new CommandFailure(reply.problems);
  if (reply.kind !== 'answer') return { ok: false, why: agentNotRunning(config.runDir).message };
  try {
    return see(reply.body);
  } catch (error) {
    if (error instanceof CommandFailure) return { ok: false, why: error.message };
    throw error;
  }
}

/** The rows of a stack, or of a service of it. A name that is not in the list fails, with the nearest one that is. */
export function rowsOf<Row extends { readonly stack: string | null; readonly service: string | null }>(
  rows: readonly Row[],
  { stack, service }: ServiceArgument,
): readonly Row[] {
  const isSame = (a: string | null, b: string) => a?.toLowerCase() === b.toLowerCase();
  const found = rows.filter(
    (row) =>
      isSame(row.stack, stack) &&
      (service === null || isSame(row.service, service) || isSame(row.service?.split('/')[0] ?? null, service)),
  );
  if (found.length > 0) return found;
  const names = rows.flatMap((row) =>
    row.stack === null ? [] : [service === null ? row.stack : `${row.stack}/${row.service}`],
  );
  const nearest = nearestWord(formatService({ stack, service }), names);
  const hint = nearest === null ? 'run `drover services` to list what there is' : `did you mean ${nearest}?`;
  throw new CommandFailure([{ subject: formatService({ stack, service }), what: 'is not known', hint }]);
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
