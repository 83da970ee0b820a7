import { isIP } from 'node:net';
import type { Command } from 'commander';
import { askAgent, type Config, controlSocket, dnsSocket, explainSettings } from '../../../agent/index.ts';
import type { Explanation, WhyRequest } from '../../../dns/index.ts';
import { formatLiveLine, LIVE_HEADING } from '../../output/live-query.ts';
import { CommandFailure, EXIT, type Io, interruption, warnOf } from '../../support/io.ts';
import { readLines } from '../../support/read-lines.ts';
import { findAgent, takesSettings } from '../../support/settings.ts';

interface QueriesFlags {
  readonly from?: string;
  readonly name?: string;
  readonly rcode?: string;
  readonly json?: boolean;
  readonly control?: string;
}

export function addDnsQueries(dns: Command, io: Io): void {
  const command = dns
    .command('queries')
    .description('Show DNS queries as they are answered, at most 50 per second. Stop with Ctrl-C.')
    .option('--from <container|address>', 'only queries of this container (its name or id) or address')
    .option('--name <pattern>', 'only names that contain this text; with *, only names that match the whole pattern')
    .option('--rcode <rcode>', 'only answers with this response code, such as NXDOMAIN')
    .option('--json', 'one JSON object per line')
    .option('--control <path>', "control socket of a `drover dns` started by hand (default: the agent's)")
    .addHelpText(
      'after',
      `
Examples:
  drover dns queries
  drover dns queries --from shop-web-1 --rcode NXDOMAIN
  drover dns queries --name '*.shop' --json | jq .latencyMs`,
    );
  takesSettings(command).action(() => watchQueries(io, command));
}

async function watchQueries(io: Io, command: Command): Promise<void> {
  const { json = false, control, ...filter } = command.opts<QueriesFlags>();
  const { name, rcode } = filter;
  const config = control === undefined ? (await findAgent(io, command)).config : null;
  const from = config && filter.from ? await clientNamed(io, config, filter.from) : filter.from;
  const wanted = Object.entries({ from, name, rcode }).filter((entry): entry is [string, string] => Boolean(entry[1]));
  const socketPath = config ? dnsSocket(config) : (control ?? '');
  const path = `/v1/queries?${new URLSearchParams(wanted)}`;
  const signal = interruption();
  const onOpen = () => {
    if (!json) io.print(LIVE_HEADING);
  };
  const read = await readLines({ socketPath, path, signal, onOpen }, (line) =>
    io.print(json ? line : formatLiveLine(line)),
  );
  if (signal.aborted) return;
  if (read.ok) return io.warn('drover: the DNS process has stopped or was replaced; run this command again');
  const problem = { subject: `DNS at ${socketPath}`, ...read.problem };
  throw new CommandFailure([problem], FAILURE[read.why]);
}

const FAILURE = { away: EXIT.agentNotRunning, refused: EXIT.usage, failed: EXIT.failed } as const;

/**
 * The name under which the queries of a client are shown. A container that is not known may start later: the queries are watched, and
 * a warning says so.
 */
async function clientNamed(io: Io, config: Config, from: string): Promise<string> {
  const body: WhyRequest = { asked: { name: '', type: 1, from }, settings: explainSettings(config, []) };
  const reply = await askAgent(controlSocket(config), { method: 'POST', path: '/v1/why/dns', body });
  if (reply.kind === 'refused') warnOf(io, reply.problems);
  if (reply.kind !== 'answer' || isIP(from) !== 0) return from;
  const { asker, notes } = reply.body as Explanation;
  if (asker.label !== from) for (const note of notes) io.warn(`drover: note: ${note}`);
  return asker.address === null ? from : asker.label;
}
